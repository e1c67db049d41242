import type { SqlExecutor } from '@drover/core';
import { text } from './rows.ts';

export async function readCutoffs(
  sql: SqlExecutor,
  migrationId: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await sql.query(
    `select entity, cutoff from drover.cutoff where migration_id = $1 order by entity`,
    [migrationId],
  );
  return new Map(rows.map((row) => [text(row, 'entity'), text(row, 'cutoff')]));
}

export async function storeCutoffs(
  sql: SqlExecutor,
  migrationId: string,
  cutoffs: ReadonlyMap<string, string>,
): Promise<void> {
  await sql.query(
    `insert into drover.cutoff (migration_id, entity, cutoff)
     select $1, entity, cutoff from unnest($2::text[], $3::text[]) as given(entity, cutoff)
     on conflict (migration_id, entity) do update set cutoff = excluded.cutoff, set_at = now()
       where drover.cutoff.cutoff <> excluded.cutoff`,
    [migrationId, [...cutoffs.keys()], [...cutoffs.values()]],
  );
}
