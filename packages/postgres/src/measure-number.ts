import { DroverError } from '@drover/core';
import type { Database } from './database.ts';

/** Longer than a query that is asked every two seconds should take. */
const TIMEOUT_MS = 5_000;

const NUMBER = /^\((-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\)$/i;

/**
 * The one number that a query gives, asked without a right to write and for some seconds at most.
 * @throws DroverError FILE_INVALID where it gives anything else than one row of one number; what the server
 *   says of a query that fails, e.g. UNDEFINED_OBJECT, STATEMENT_TIMEOUT
 */
export async function measureNumber(
  database: Database,
  sql: string,
  timeoutMs = TIMEOUT_MS,
): Promise<number> {
  const query = sql.trim().replace(/;+$/, '');
  const rows = await database.transaction(async (session) => {
    await session.query('set transaction read only');
    await session.query(`set local statement_timeout = ${timeoutMs}`);
    // The parameter makes the server refuse more than one statement.
    return session.query(
      `select drover_measured::text as measured from (\n${query}\n) as drover_measured where $1::bool limit 2`,
      [true],
    );
  });
  const [row] = rows;
  const digits = NUMBER.exec(row?.['measured'] ?? '')?.[1];
  if (rows.length === 1 && digits !== undefined) return Number(digits);
  const given =
    rows.length === 1 ? 'something else' : rows.length === 0 ? 'no row' : 'several rows';
  throw new DroverError('FILE_INVALID', {
    message: `${database.where}: the query that measures the load gave ${given}, where one number is needed.`,
    hint: "Write one that gives one row of one number, for example select count(*) from pg_stat_activity where state = 'active'.",
  });
}
