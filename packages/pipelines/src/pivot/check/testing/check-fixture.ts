import { randomUUID } from 'node:crypto';
import type { CheckContext, Finding } from '@drover/core';
import type { Database } from '@drover/postgres';
import {
  createNarrowTable,
  insertNarrowRows,
  type NarrowRow,
  type NarrowTableOptions,
  narrowRow,
  type ScratchDatabase,
  scratchDatabase,
  silentLog,
} from '@drover/testkit';
import { collect } from '../../../check/testing/findings.ts';
import { scratchRoles } from '../../../check/testing/scratch-roles.ts';
import { createPivot } from '../../pivot.ts';
import { pivotSpecSchema } from '../../spec.ts';

export const TABLE = 'tenant.tbl_data_timeseries';

export interface CheckFixture extends AsyncDisposable {
  readonly database: ScratchDatabase;
  readonly sql: Database;
  readonly url: string;
  /** A new role that can log in and do nothing else; gone with the fixture. */
  role(): Promise<{ name: string; url: string }>;
  /** All findings of a file like this one. */
  check(spec?: SpecInput, context?: Partial<CheckContext>): Promise<Finding[]>;
  /** The channel lists that `--schema-only` would write. */
  lists(spec?: SpecInput): Promise<readonly { name: string; names: readonly string[] }[]>;
  /** Rows of the narrow table, with statistics. */
  insert(rows: readonly NarrowRow[]): Promise<void>;
}

export type SpecInput = { readonly [key: string]: unknown };

/** A database with a narrow table as in production, and a pivot from it into the schema `wide`. */
export async function checkFixture(
  serverUrl: string,
  table: NarrowTableOptions = {},
): Promise<CheckFixture> {
  const database = await scratchDatabase(serverUrl);
  const { sql, url } = database;
  await createNarrowTable(sql, table);
  const roles = scratchRoles(serverUrl);
  const open = ({ source, target, ...rest }: SpecInput) =>
    createPivot({
      spec: pivotSpecSchema.parse({
        name: 'test',
        pipeline: 'pivot',
        queue: { url: 'redis://127.0.0.1:1' },
        source: { connection: url, ...(source as object) },
        target: { connection: url, schema: 'wide', ...(target as object) },
        ...rest,
      }),
      lists: new Map(),
      host: { name: 'test', pid: 1, now: Date.now, random: Math.random, uuid: randomUUID },
    });
  return {
    database,
    sql,
    url,
    role: () => roles.make(url),
    async check(spec = {}, context = {}) {
      const pipeline = open(spec);
      try {
        const asked = { log: silentLog, options: {}, attemptsAtOnce: 2, cutoffs: new Map() };
        return await collect(pipeline.check({ ...asked, ...context }));
      } finally {
        await pipeline.close();
      }
    },
    async lists(spec = {}) {
      const pipeline = open(spec);
      try {
        const sampleMicros = 600_000_000n;
        const analysis = await pipeline.analyze?.({ sampleMicros, entities: null, before: null });
        return analysis?.lists ?? [];
      } finally {
        await pipeline.close();
      }
    },
    async insert(rows) {
      await insertNarrowRows(sql, rows, table);
      await sql.query(`analyze ${TABLE}`);
    },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      // Only without the database, and what they own in it, can roles be dropped.
      await roles[Symbol.asyncDispose]();
    },
  };
}

/** Two ships with a channel of each format, three times each. */
export function goodRows(): NarrowRow[] {
  return ['A', 'B'].flatMap((ship) =>
    ['2026-01-01 00:00:00', '2026-01-01 00:00:15', '2026-01-01 00:00:30'].flatMap((time) => [
      narrowRow({ ship, channel: '/decimal', time }, 'Decimal', '1.5'),
      narrowRow({ ship, channel: '/integer', time }, 'Integer', '7'),
      narrowRow({ ship, channel: '/string', time }, 'String', 'on'),
      narrowRow({ ship, channel: '/boolean', time }, 'Boolean', 'true'),
    ]),
  );
}
