import type { SqlExecutor } from '@drover/core';
import { openDatabase } from '@drover/postgres';
import { table } from '@drover/telemetry';
import type { Section } from './section.ts';

/**
 * Read past the ledger's port: of a ledger that another version of Drover made, or that does not know this
 * migration, this is what is left to see.
 */
export const ledgerSection: Section = {
  title: 'Ledger',
  holds: 'its server, its version, the migrations in it, who holds which lease',
  async fill(context) {
    const { definition, spec } = context.loaded();
    await using database = openDatabase(definition.ledgerConnection(spec), {
      side: 'ledger',
      applicationName: 'drover support',
      max: 1,
    });
    const [server] = await database.query(
      'select version() as version, clock_timestamp()::text as now',
    );
    const lines = [`${database.where}: ${server?.['version']}`, `its clock: ${server?.['now']}`];
    if (!(await isThere(database))) {
      return {
        summary: 'there is none',
        text: [...lines, '', 'It has no schema drover.'].join('\n'),
      };
    }
    const versions = await rowsOf(database, VERSIONS);
    const leases = await rowsOf(database, LEASES);
    return {
      summary: `version ${versions.at(-1)?.[0] ?? 'unknown'}`,
      text: [
        ...lines,
        '',
        table(['version', 'installed'], versions),
        '',
        table(['migration', 'pipeline', 'made', 'id'], await rowsOf(database, MIGRATIONS)),
        '',
        leases.length === 0
          ? 'Nobody holds a lease.'
          : table(['lease', 'holder', 'ends in'], leases),
      ].join('\n'),
    };
  },
};

const VERSIONS = 'select version, installed_at from drover.schema_version order by version';

const MIGRATIONS =
  'select name, pipeline, created_at, id from drover.migration order by created_at desc limit 50';

const LEASES = `select name, owner, round(extract(epoch from expires_at - clock_timestamp())::numeric, 1) || ' s'
  from drover.lease order by name limit 200`;

async function isThere(sql: SqlExecutor): Promise<boolean> {
  const [row] = await sql.query(`select to_regclass('drover.schema_version') as name`);
  return row?.['name'] != null;
}

async function rowsOf(sql: SqlExecutor, query: string): Promise<string[][]> {
  const rows = await sql.query(query);
  return rows.map((row) => Object.values(row).map((value) => value ?? ''));
}
