import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DroverError, type SqlExecutor } from '@drover/core';
import { type Database, identifier, qualifiedName } from '@drover/postgres';
import type { TargetColumn } from './target-table.ts';

/** An ALTER TABLE that waits makes every reader behind it wait: it gives up this soon. */
const ALTER_LOCK_TIMEOUT_MS = 200;
const ALTER_PAUSE_MS = { least: 100, most: 900 };
const ALTER_TRIES = 120;

/**
 * Adds columns to a wide table on a session that holds no other lock. Tries for a minute or so, each
 * time for a fifth of a second, with pauses of random length between.
 * @throws DroverError LOCK_TIMEOUT where others held the table all the time; TABLE_LIMIT above 1,600.
 */
export async function addColumns(
  target: Database,
  add: {
    schema: string;
    table: string;
    columns: readonly TargetColumn[];
    signal: AbortSignal;
    random: () => number;
  },
): Promise<void> {
  const clauses = add.columns.map(
    ({ name, type }) => `add column if not exists ${identifier(name)} ${type}`,
  );
  const statement = `alter table ${qualifiedName(add.schema, add.table)} ${clauses.join(', ')}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await target.transaction(async (sql) => {
        await sql.query(`set local lock_timeout = ${ALTER_LOCK_TIMEOUT_MS}`);
        await sql.query(statement);
      });
      return;
    } catch (error) {
      const locked = error instanceof DroverError && error.code === 'LOCK_TIMEOUT';
      if (!locked || attempt === ALTER_TRIES) throw error;
    }
    const { least, most } = ALTER_PAUSE_MS;
    await pause(least + add.random() * (most - least), undefined, { signal: add.signal });
  }
}

export interface NewWideTable {
  readonly schema: string;
  readonly name: string;
  readonly time: TargetColumn;
  readonly columns: readonly TargetColumn[];
  readonly index: 'btree' | 'brin';
}

/** The statements that create a wide table; with `drop` any earlier one goes first. */
export function createStatements(table: NewWideTable, options: { drop: boolean }): string[] {
  const name = qualifiedName(table.schema, table.name);
  const time = identifier(table.time.name);
  const columns = table.columns.map((column) => `${identifier(column.name)} ${column.type}`);
  const timeColumn = `${time} ${table.time.type} not null`;
  const key = table.index === 'btree' ? [`primary key (${time})`] : [];
  return [
    ...(options.drop ? [`drop table if exists ${name}`] : []),
    `create table if not exists ${name} (${[timeColumn, ...columns, ...key].join(', ')})`,
    ...(table.index === 'brin'
      ? [
          `create index if not exists ${identifier(indexName(table.name, ['brin', table.time.name]))} on ${name} using brin (${time})`,
        ]
      : []),
  ];
}

/** Deterministic and at most 63 bytes: the end of a long one is a hash of the whole. */
export function indexName(table: string, words: readonly string[]): string {
  const whole = `${table}_${words.join('_')}_idx`;
  if (Buffer.byteLength(whole) <= 63) return whole;
  let start = whole;
  while (Buffer.byteLength(start) > 46) start = start.slice(0, -1);
  return `${start}_${createHash('sha256').update(whole).digest('hex').slice(0, 16)}`;
}

export async function ensureSchema(sql: SqlExecutor, schema: string): Promise<void> {
  const [present] = await sql.query('select 1 from pg_namespace where nspname = $1', [schema]);
  if (present === undefined) await sql.query(`create schema if not exists ${identifier(schema)}`);
}
