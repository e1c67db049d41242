import { DroverError, type SqlExecutor } from '@drover/core';
import { scratchDatabase } from '@drover/testkit';
import { expect, inject, test } from 'vitest';
import { fits, MAX_COLUMNS, MAX_ROW_BYTES, rowBytes } from './row-width.ts';

const server = inject('postgresUrl');

interface Kind {
  readonly type: string;
  readonly maxBytes: number;
  /** SQL of a value of this length. */
  readonly value: string;
}

const textOf = (length: number): Kind => ({
  type: 'text',
  maxBytes: length,
  // Cannot be compressed: what Postgres makes of a real text would be smaller, never greater.
  value: `left(string_agg(md5(n::text), ''), ${length})`,
});

const KINDS: readonly Kind[] = [
  ...[0, 1, 5, 10, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 32, 126, 127, 200, 3000].map(textOf),
  { type: 'double precision', maxBytes: 20, value: '0.1' },
  { type: 'bigint', maxBytes: 19, value: '7' },
  { type: 'integer', maxBytes: 4, value: '7' },
  { type: 'boolean', maxBytes: 5, value: 'true' },
  { type: 'real', maxBytes: 5, value: '0.1' },
  { type: 'date', maxBytes: 10, value: `date '2026-01-01'` },
  { type: 'uuid', maxBytes: 36, value: `md5('x')::uuid` },
  { type: 'interval', maxBytes: 8, value: `interval '1 second'` },
  { type: 'time with time zone', maxBytes: 11, value: `timetz '00:00:00+00'` },
  { type: 'numeric', maxBytes: 12, value: '123456.12345' },
];

const TIME = { type: 'timestamp without time zone', maxBytes: 8 };
/** Left NULL, so that the row has a bitmap of its NULLs as wide rows nearly always do. */
const NONE = { type: 'boolean', maxBytes: 0 };

/** Whether a row of `count` such columns, all filled, can be stored; any other failure is thrown. */
async function stores(sql: SqlExecutor, kind: Kind, count: number): Promise<boolean> {
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  await sql.query('drop table if exists wide');
  await sql.query(
    `create table wide (t timestamp, ${names.map((name) => `${name} ${kind.type}`).join(', ')}, none bool)`,
  );
  const one = `select ${kind.value} as v from generate_series(1, 100) n${kind.type === 'text' ? '' : ' limit 1'}`;
  try {
    await sql.query(
      `insert into wide (t, ${names.join(', ')}) select '2026-01-01', ${names.map(() => 'v').join(', ')} from (${one}) as value`,
    );
    return true;
  } catch (error) {
    if (error instanceof DroverError && error.code === 'ROW_TOO_LARGE') return false;
    throw error;
  }
}

const row = (kind: Kind, count: number) => [TIME, ...Array<Kind>(count).fill(kind), NONE];

/** The most columns of a kind that a limit takes. */
function most(kind: Kind, fitting: (columns: ReturnType<typeof row>) => boolean): number {
  let count = 1;
  while (fitting(row(kind, count + 1))) count += 1;
  return count;
}

// Mutation: with values above 20 bytes taken for movable in `inlineBytes` those of 21 to 23 fail here.
test('a row that the estimate calls fitting can be stored, whatever the kind of its columns', async () => {
  await using database = await scratchDatabase(server);
  await database.sql.transaction(async (sql) => {
    await sql.query('create schema here');
    await sql.query('set local search_path = here, pg_catalog');
    for (const kind of KINDS) {
      const count = most(kind, fits);
      const stored = await stores(sql, kind, count).catch((error: unknown) => error);
      expect({ kind: `${kind.type} of ${kind.maxBytes}`, count, stored }).toMatchObject({
        stored: true,
      });
    }
  });
});

test('the estimate is that of Postgres to a column or two, for values that have to stay in the row', async () => {
  await using database = await scratchDatabase(server);
  const inRow = KINDS.filter(
    (kind) => kind.type !== 'numeric' && (kind.type !== 'text' || kind.maxBytes < 200),
  );
  for (const kind of inRow) {
    const count = most(
      kind,
      (columns) => columns.length <= MAX_COLUMNS && rowBytes(columns) <= MAX_ROW_BYTES,
    );
    const told = { kind: `${kind.type} of ${kind.maxBytes}`, count };
    const schema = `create schema if not exists here`;
    await database.sql.query(schema);
    const tries = async (columns: number) =>
      database.sql.transaction(async (sql) => {
        await sql.query('set local search_path = here, pg_catalog');
        return stores(sql, kind, columns);
      });
    expect({ ...told, stored: await tries(count) }).toEqual({ ...told, stored: true });
    if (count + 4 > MAX_COLUMNS) continue;
    expect({ ...told, stored: await tries(count + 2) }).toEqual({ ...told, stored: false });
  }
});
