import { randomUUID } from 'node:crypto';
import { systemHost } from '@drover/config';
import type { CheckContext, Finding } from '@drover/core';
import { openStatements, type Statements } from '@drover/doris';
import { type DorisOptions, type DorisServer, startDoris } from '@drover/servers';
import { type ScratchDatabase, scratchDatabase, silentLog } from '@drover/testkit';
import { inject } from 'vitest';
import { collect } from '../../../check/testing/findings.ts';
import { type ScratchRoles, scratchRoles } from '../../../check/testing/scratch-roles.ts';
import { targetIdentifier } from '../../names.ts';
import { warehouseSpecSchema } from '../../spec.ts';
import { createWarehouse } from '../../warehouse.ts';

/** What a test changes in the migration file, by its sections. */
interface FileChange {
  readonly source?: object;
  readonly target?: object;
  readonly ledger?: object;
  readonly [section: string]: unknown;
}

export interface CheckFixture extends AsyncDisposable {
  readonly source: ScratchDatabase;
  readonly ledger: ScratchDatabase;
  readonly roles: ScratchRoles;
  readonly doris: DorisServer;
  readonly target: Statements;
  /** Database of the target for the schema `shop`. */
  readonly database: string;
  run(...statements: readonly string[]): Promise<void>;
  check(file?: FileChange, context?: Partial<CheckContext>): Promise<Finding[]>;
}

/** A source with a schema `shop`, a ledger elsewhere, and a Doris. */
export async function checkFixture(
  statements: readonly string[],
  options: DorisOptions = {},
): Promise<CheckFixture> {
  const server = inject('postgresUrl');
  const roles = scratchRoles(server);
  const source = await scratchDatabase(server);
  const ledger = await scratchDatabase(server);
  const doris = await startDoris({ givenUrl: inject('dorisUrl') ?? undefined, ...options });
  const { fe, queryPort, user, password } = doris;
  const database = `drover_test_${randomUUID().slice(0, 8)}`;
  const address = { fe: [fe], be: [], via: 'auto', queryPort, user, password, tls: false } as const;
  const target = openStatements(address, { max: 2, timeoutSeconds: 60 });
  const run = async (...list: readonly string[]) => {
    for (const statement of list) await source.sql.query(statement);
  };
  await run('create schema shop', ...statements);
  return {
    source,
    ledger,
    roles,
    doris,
    target,
    database,
    run,
    async check(file = {}, context = {}) {
      const { source: ofSource, target: ofTarget, ledger: ofLedger, ...rest } = file;
      const spec = warehouseSpecSchema.parse({
        name: 'test',
        pipeline: 'warehouse',
        queue: { url: 'redis://127.0.0.1:1' },
        ledger: { connection: ledger.url, ...ofLedger },
        source: { connection: source.url, schemas: ['shop'], ...ofSource },
        target: { fe, queryPort, user, password, database, ...ofTarget },
        ...rest,
      });
      const pipeline = createWarehouse({ spec, host: systemHost });
      try {
        const asked = { log: silentLog, options: {}, attemptsAtOnce: 2, cutoffs: new Map() };
        return await collect(pipeline.check({ ...asked, ...context }));
      } finally {
        await pipeline.close();
      }
    },
    async [Symbol.asyncDispose]() {
      await target.query(`DROP DATABASE IF EXISTS ${targetIdentifier(database)} FORCE`);
      await target.close();
      await doris[Symbol.asyncDispose]();
      await ledger[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
      await roles[Symbol.asyncDispose]();
    },
  };
}

/** Worse than an info. */
export const worse = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ level }) => level !== 'info');
