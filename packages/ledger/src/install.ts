import { DroverError, type SqlDatabase, type SqlExecutor } from '@drover/core';
import { createLedger } from './migrations/0001-ledger.ts';
import { addReprocessing } from './migrations/0002-reprocessing.ts';
import { addOutsideTargets } from './migrations/0003-outside-targets.ts';
import { addWorkerHealth } from './migrations/0004-worker-health.ts';

/** In order; the version of the schema is how many of them have run. */
const MIGRATIONS: readonly (readonly string[])[] = [
  createLedger,
  addReprocessing,
  addOutsideTargets,
  addWorkerHealth,
];

/**
 * Brings the schema to this version. Several processes may call it at once: one works, the others wait
 * and find nothing to do.
 * @throws DroverError LEDGER_VERSION where a newer Drover was here; PERMISSION_DENIED
 */
export async function install(database: SqlDatabase): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.query(`select pg_advisory_xact_lock(hashtextextended('drover ledger', 0))`);
    const [schema] = await sql.query(`select 1 from pg_namespace where nspname = 'drover'`);
    // Asked for first: "if not exists" wants the right to create even where nothing is created.
    if (schema === undefined) await createSchema(sql);
    const [versions] = await sql.query(
      `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'drover' and c.relname = 'schema_version'`,
    );
    if (versions === undefined) {
      await sql.query(
        `create table drover.schema_version (version int primary key, installed_at timestamptz not null default now())`,
      );
    }
    const [row] = await sql.query(
      'select coalesce(max(version), 0) as version from drover.schema_version',
    );
    const version = Number(row?.['version']);
    if (version > MIGRATIONS.length) {
      throw new DroverError('LEDGER_VERSION', {
        message: `The ledger has version ${version}; this Drover knows up to ${MIGRATIONS.length}.`,
      });
    }
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (index < version) continue;
      for (const statement of statements) await sql.query(statement);
      await sql.query('insert into drover.schema_version (version) values ($1)', [index + 1]);
    }
  });
}

async function createSchema(sql: SqlExecutor): Promise<void> {
  // Asked for first: after the refusal the transaction answers no more.
  const [row] = await sql.query(
    `select format('grant create on database %I to %I', current_database(), current_user) as "right",
       format('create schema drover authorization %I', current_user) as schema`,
  );
  try {
    await sql.query('create schema drover');
  } catch (error) {
    if (!(error instanceof DroverError) || error.code !== 'PERMISSION_DENIED') throw error;
    throw new DroverError('PERMISSION_DENIED', {
      message: error.message,
      hint: `Let the owner of the database run: ${row?.['schema']} (or: ${row?.['right']}).`,
      context: error.context,
      cause: error,
    });
  }
}

/** Whether a ledger is there at all, for commands that only read. */
export async function isInstalled(sql: SqlDatabase): Promise<boolean> {
  const [row] = await sql.query(
    `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'drover' and c.relname = 'schema_version'`,
  );
  return row !== undefined;
}
