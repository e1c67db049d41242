import type {
  Difference,
  DifferenceKind,
  JsonObject,
  SqlExecutor,
  VerificationSummary,
} from '@drover/core';
import { WINNING_ATTEMPTS } from './parts.ts';
import { bool, json, number, text } from './rows.ts';

export async function readVerification(
  sql: SqlExecutor,
  runId: number,
): Promise<VerificationSummary> {
  const [chunks] = await sql.query(
    `select count(*) as chunks, count(*) filter (where state = 'done') as verified from drover.chunk
     where run_id = $1 and phase = 'verify' and state <> 'split'`,
    [runId],
  );
  const [uncovered] = await sql.query(
    // What a later run took over from these is still theirs to account for.
    `with recursive verified as (
       select jsonb_array_elements_text(coalesce(options->'verifies', jsonb_build_array(id)))::int8 as id
       from drover.run where id = $1),
     taken_over as (
       select c.id, c.state from drover.chunk c join drover.chunk p on p.id = c.parent_id
       where c.run_id <> p.run_id and p.phase = 'data' and p.run_id in (select id from verified)
         and c.run_id not in (select id from verified)
       union all
       select c.id, c.state from drover.chunk c join taken_over on c.parent_id = taken_over.id)
     select (select count(*) from drover.chunk where phase = 'data' and state not in ('done', 'split')
               and run_id in (select id from verified))
       + (select count(*) from taken_over where state not in ('done', 'split')) as chunks`,
    [runId],
  );
  const [found] = await sql.query(
    `select coalesce(sum((a.verdict->>'compared')::int8), 0) as compared,
       coalesce(sum((a.verdict->>'wrong')::int8), 0) as wrong,
       coalesce(sum((a.verdict->>'stale')::int8), 0) as stale,
       coalesce(sum((a.verdict->>'explained')::int8), 0) as explained
     from ${WINNING_ATTEMPTS} where c.run_id = $1 and c.phase = 'verify'`,
    [runId],
  );
  const count = (row: typeof found, column: string) =>
    row === undefined ? 0 : number(row, column);
  return {
    uncovered: count(uncovered, 'chunks'),
    chunks: count(chunks, 'chunks'),
    verified: count(chunks, 'verified'),
    compared: count(found, 'compared'),
    wrong: count(found, 'wrong'),
    stale: count(found, 'stale'),
    explained: count(found, 'explained'),
  };
}

export async function readDifferences(
  sql: SqlExecutor,
  of: { runId: number; limit: number },
): Promise<readonly Difference[]> {
  const rows = await sql.query(
    `select key, kind, stale, source_value, target_value from drover.difference
     where run_id = $1 order by id limit $2`,
    [of.runId, of.limit],
  );
  return rows.map((row) => ({
    key: json<JsonObject>(row, 'key'),
    kind: text(row, 'kind') as DifferenceKind,
    stale: bool(row, 'stale'),
    source: row['source_value'] ?? null,
    target: row['target_value'] ?? null,
  }));
}
