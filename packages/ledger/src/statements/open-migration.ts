import type { Migration, PipelineKind, SqlExecutor } from '@drover/core';
import { text } from './rows.ts';

/** The migration of this name, made with the given id where there is none. */
export async function openMigration(
  sql: SqlExecutor,
  migration: { id: string; name: string; pipeline: PipelineKind },
): Promise<Migration> {
  await sql.query(
    `insert into drover.migration (id, name, pipeline) values ($1, $2, $3) on conflict (name) do nothing`,
    [migration.id, migration.name, migration.pipeline],
  );
  const found = await findMigration(sql, migration.name);
  if (found === null) throw new TypeError(`migration ${migration.name} vanished`);
  return found;
}

export async function findMigration(sql: SqlExecutor, name: string): Promise<Migration | null> {
  const [row] = await sql.query(`select id, name, pipeline from drover.migration where name = $1`, [
    name,
  ]);
  if (row === undefined) return null;
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    pipeline: text(row, 'pipeline') as PipelineKind,
  };
}
