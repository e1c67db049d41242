import { type Database, identifier } from '@drover/postgres';
import { createNarrowTable, insertNarrowRows, type NarrowRow } from '@drover/testkit';
import { type Field, openOurs, type Post, SMALL_TABLESPACE } from './field.ts';
import { insistent } from './insist.ts';
import type { SourceShape } from './source-rows.ts';

/** The databases of one round, seen past the lines. */
export interface Ground extends AsyncDisposable {
  readonly shape: SourceShape;
  readonly source: Database;
  readonly target: Database;
  /** What the migration is given, by the names that its file uses. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What the addresses carry as passwords, and what nothing may ever print. */
export const SECRETS = { source: 'src-S3cret-41c7', target: 'tgt-S3cret-9e02' } as const;

const ROWS_AT_ONCE = 20_000;

/** Two new databases, the source's with these rows. */
export async function openGround(
  field: Field,
  of: { name: string; shape: SourceShape; rows: readonly NarrowRow[] },
): Promise<Ground> {
  const tablespace = 'unavailable' in field.disk ? '' : ` tablespace ${SMALL_TABLESPACE}`;
  const source = await createDatabase(field.source, of.name, '');
  const target = await createDatabase(field.target, of.name, tablespace);
  await field.queue.admin.flushall();
  await createNarrowTable(source);
  for (let at = 0; at < of.rows.length; at += ROWS_AT_ONCE) {
    await insertNarrowRows(source, of.rows.slice(at, at + ROWS_AT_ONCE));
  }
  await source.query('vacuum analyze tenant.tbl_data_timeseries');
  return {
    shape: of.shape,
    source,
    target,
    environment: {
      SOURCE_URL: addressOf(field.source.line.url, of.name, SECRETS.source),
      TARGET_URL: addressOf(field.target.line.url, of.name, SECRETS.target),
      QUEUE_URL: field.queue.line.url,
    },
    async [Symbol.asyncDispose]() {
      await source.close();
      await target.close();
      await dropDatabase(field.source, of.name);
      await dropDatabase(field.target, of.name);
    },
  };
}

async function createDatabase({ server, admin }: Post, name: string, where: string) {
  await admin.query(
    `create database ${identifier(name)} template template0 encoding 'UTF8'${where}`,
  );
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return insistent(openOurs(url.href));
}

async function dropDatabase({ admin }: Post, name: string): Promise<void> {
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    name,
  ]);
  await admin.query(`drop database if exists ${identifier(name)}`);
}

function addressOf(lineUrl: string, database: string, password: string): string {
  const url = new URL(lineUrl);
  url.pathname = `/${database}`;
  url.password = password;
  return url.href;
}
