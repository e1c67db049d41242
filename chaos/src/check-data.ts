import type { SqlExecutor } from '@drover/core';
import { readWideTables } from '@drover/testkit';
import { compareTables } from './compare-tables.ts';
import { type Expected, rejectKey } from './expected-tables.ts';
import { TARGET_SCHEMA } from './migration-folder.ts';

const SHOWN = 5;

/** Target and ledger against the source as it is. @returns what is wrong, and how many cells were compared. */
export async function checkData(
  target: SqlExecutor,
  of: { expected: Expected; runId: number },
): Promise<{ cells: number; differences: number; violations: readonly string[] }> {
  const found = await readWideTables(target, TARGET_SCHEMA, 'tbl_data_timeseries_');
  const { cells, differences } = compareTables(of.expected.tables, found);
  return {
    cells,
    differences: differences.length,
    violations: [
      ...(differences.length === 0 ? [] : [`cells differ: ${some(differences)}`]),
      ...(await checkRejects(target, of)),
      ...(await checkChunks(target, of)),
    ],
  };
}

async function checkRejects(
  target: SqlExecutor,
  { expected, runId }: { expected: Expected; runId: number },
): Promise<string[]> {
  const rows = await target.query('select key, rows from drover.reject where run_id = $1', [runId]);
  const kept = rows.map((row) => rejectKey(JSON.parse(row['key'] ?? '{}') as object));
  const missing = [...expected.badRows].filter((key) => !kept.includes(key));
  const extra = kept.filter((key) => !expected.badRows.has(key));
  return [
    ...(missing.length === 0 ? [] : [`bad rows are not among the rejects: ${some(missing)}`]),
    ...(extra.length === 0 ? [] : [`rejects are no bad rows: ${some(extra)}`]),
    ...(new Set(kept).size === kept.length ? [] : ['a reject is there twice']),
    ...(rows.every((row) => row['rows'] === '1') ? [] : ['a reject counts several rows']),
  ];
}

/** Every chunk is done or split, adds up, and all of them together read what the source has. */
async function checkChunks(
  target: SqlExecutor,
  { expected, runId }: { expected: Expected; runId: number },
): Promise<string[]> {
  const unfinished = await target.query(
    `select phase, state, error_code, count(*) as chunks from drover.chunk
     where run_id = $1 and state not in ('done', 'split') group by 1, 2, 3`,
    [runId],
  );
  const [sums] = await target.query(
    `select count(*) filter (where loaded + rejected + skipped <> read) as unbalanced, sum(read) as read,
       sum(rejected) as rejected
     from drover.chunk where run_id = $1 and phase = 'data' and state = 'done'`,
    [runId],
  );
  const open = await target.query(
    'select 1 from drover.attempt where run_id = $1 and outcome is null',
    [runId],
  );
  const wrong = (what: string, found: string | null | undefined, wanted: number) =>
    found === String(wanted) ? [] : [`${what}: ${found}, not ${wanted}`];
  return [
    ...unfinished.map(
      (row) =>
        `${row['chunks']} chunks of phase ${row['phase']} are ${row['state']} (${row['error_code']})`,
    ),
    ...wrong('chunks that do not add up', sums?.['unbalanced'], 0),
    ...wrong('rows read by the chunks', sums?.['read'], expected.rows),
    ...wrong('rows rejected by the chunks', sums?.['rejected'], expected.badRows.size),
    ...(open.length === 0 ? [] : [`${open.length} attempts have no end`]),
  ];
}

function some(all: readonly string[]): string {
  const shown = all.slice(0, SHOWN).join('; ');
  return all.length > SHOWN ? `${shown}; and ${all.length - SHOWN} more` : shown;
}
