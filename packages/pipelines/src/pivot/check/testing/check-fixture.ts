import { randomUUID } from 'node:crypto';
import type { CheckContext, Finding } from '@drover/core';
import { type Database, identifier } from '@drover/postgres';
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
  const roles: string[] = [];
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
    async role() {
      const name = `drover_test_${randomUUID().slice(0, 8)}`;
      await sql.query(`create role ${identifier(name)} login password 'secret'`);
      roles.push(name);
      const address = new URL(url);
      address.username = name;
      address.password = 'secret';
      return { name, url: address.href };
    },
    async check(spec = {}, context = {}) {
      const pipeline = open(spec);
      const findings: Finding[] = [];
      try {
        const asked = { log: silentLog, options: {}, attemptsAtOnce: 2, cutoffs: new Map() };
        for await (const finding of pipeline.check({ ...asked, ...context })) {
          findings.push(concrete(finding));
        }
      } finally {
        await pipeline.close();
      }
      return findings;
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
      await using admin = await scratchDatabase(serverUrl);
      for (const name of roles) await admin.sql.query(`drop role ${identifier(name)}`);
    },
  };
}

/** What a person is told must be whole: a reason always, a fix unless there is nothing to mend. */
function concrete(finding: Finding): Finding {
  const { level, subject, reason, fix } = finding;
  const said = `${subject}: ${reason} ${fix}`;
  const whole = subject !== '' && reason !== '' && (level === 'info' || fix !== '');
  if (!whole || /\bROLE\b|undefined|\[object|NaN|now absent/.test(said)) {
    throw new Error(`a finding leaves the reader alone: ${JSON.stringify(finding)}`);
  }
  return finding;
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

/** The findings of a rule, as `level subject`. */
export function levelsOf(findings: readonly Finding[], rule: string): string[] {
  return findings.flatMap((one) => (one.rule === rule ? [`${one.level} ${one.subject}`] : []));
}

/** Rules of what is worse than an info. */
export function telling(findings: readonly Finding[]): string[] {
  return findings.flatMap((one) => (one.level === 'info' ? [] : [one.rule]));
}

/** The statements that a fix holds, from its first SQL word on. */
export function statementsOf(findings: readonly Finding[], rule: string): string[] {
  return findings.flatMap((one) => {
    if (one.rule !== rule) return [];
    const found = one.fix.match(/\b(?:create|alter|grant|analyze)\b[^;]*;/g);
    return found ?? [];
  });
}
