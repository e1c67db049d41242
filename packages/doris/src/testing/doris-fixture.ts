import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { type Log, noLog } from '@drover/core';
import { startDoris } from '@drover/servers';
import type { DorisStandIn, DorisStandInOptions } from '@drover/stand-ins';
import { expect, inject, test } from 'vitest';
import type { DorisAddress } from '../address.ts';
import type { LoadRequest, LoadTarget } from '../load-request.ts';
import { Loader } from '../loader.ts';
import { Nodes } from '../nodes.ts';
import { openStatements } from '../statements.ts';

/** Part of no other word, and with signs that a header or an address must encode. */
export const PASSWORD = 'pa:ss/w@rd "ö\\,';

/** Tests that turn knobs, or look behind the protocol. */
export const onStandIn = test.skipIf(inject('dorisUrl') !== null);

/** A Doris, real where one is given, with a table `t` of numbers and texts in a database of its own. */
export interface DorisFixture extends AsyncDisposable {
  /** Only where it stands in: see `onStandIn`. */
  readonly doris: DorisStandIn;
  readonly address: DorisAddress;
  readonly nodes: Nodes;
  readonly loader: Loader;
  /** Under one label of its own. */
  readonly target: LoadTarget;
  request(overrides?: Partial<LoadRequest>): LoadRequest;
  /** What is in the table, in order of the numbers. */
  rows(): Promise<readonly (readonly [string, string])[]>;
  states(): readonly string[];
}

export async function dorisFixture(
  options: DorisStandInOptions & {
    readonly address?: Partial<DorisAddress>;
    readonly answerMs?: number;
    readonly log?: Log;
  } = {},
): Promise<DorisFixture> {
  const { address: changes, answerMs = 10_000, log = noLog, ...rest } = options;
  const givenUrl = inject('dorisUrl') ?? undefined;
  const server = await startDoris({ givenUrl, password: PASSWORD, ...rest });
  const { fe, queryPort, user, password } = server;
  const database = `drover_test_${randomUUID().slice(0, 8)}`;
  const address: DorisAddress = {
    fe: [fe],
    be: [],
    via: 'auto',
    queryPort,
    user,
    password,
    tls: false,
    ...changes,
  };
  const statements = openStatements(
    { ...address, fe: [fe], user, password },
    { max: 1, timeoutSeconds: 60 },
  );
  await statements.query(`CREATE DATABASE ${database}`);
  await statements.query(
    `CREATE TABLE ${database}.t (id BIGINT NOT NULL, name STRING NULL) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1
     PROPERTIES('replication_num' = '1', 'enable_unique_key_merge_on_write' = 'true')`,
  );
  const nodes = new Nodes({ address, log, answerMs });
  const target = { database, table: 't', label: 'drover_test_1_1' };
  return {
    get doris() {
      if (server.standIn === null) throw new Error('a real Doris has no knobs');
      return server.standIn;
    },
    address,
    nodes,
    loader: new Loader(nodes),
    target,
    request: (overrides = {}) => ({
      ...target,
      columns: ['id', 'name'],
      twoPhase: true,
      merge: 'append',
      compress: 'off',
      timeoutSeconds: 60,
      body: linesOf([1, 'one'], [2, 'two']),
      signal: new AbortController().signal,
      ...overrides,
    }),
    async rows() {
      const found = await statements.query(`SELECT id, name FROM ${database}.t ORDER BY id`);
      return found.map((row) => [row['id'] ?? '', row['name'] ?? ''] as const);
    },
    states: () =>
      server.standIn?.transactions.ofLabel(database, target.label).map(({ status }) => status) ??
      [],
    async [Symbol.asyncDispose]() {
      await statements.query(`DROP DATABASE ${database} FORCE`);
      await statements.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A body of these rows. */
export function linesOf(...rows: readonly (readonly [number, string])[]) {
  return async function* body(): AsyncGenerator<Buffer> {
    for (const [id, name] of rows) yield Buffer.from(`"${id}","${name}"\n`);
  };
}

/** Whatever of it is looked at, the password is not in it, in none of its spellings. */
export function expectNoPassword(shown: unknown): void {
  const text = inspect(shown, { depth: 12, showHidden: true, maxStringLength: null });
  const spellings = [
    PASSWORD,
    inspect(PASSWORD).slice(1, -1),
    encodeURIComponent(PASSWORD),
    'pa:ss',
    Buffer.from(`root:${PASSWORD}`).toString('base64'),
    Buffer.from(PASSWORD).toString('base64'),
  ];
  for (const spelling of spellings) expect(text).not.toContain(spelling);
}

/** What the promise is rejected with. */
export const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: unknown) => error,
  );
