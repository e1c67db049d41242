import { inspect } from 'node:util';
import { type Log, noLog } from '@drover/core';
import { type DorisStandIn, type DorisStandInOptions, startDorisStandIn } from '@drover/stand-ins';
import { expect } from 'vitest';
import type { DorisAddress } from '../address.ts';
import type { LoadRequest, LoadTarget } from '../load-request.ts';
import { Loader } from '../loader.ts';
import { Nodes } from '../nodes.ts';
import { openStatements } from '../statements.ts';

/** Part of no other word, and with signs that a header or an address must encode. */
export const PASSWORD = 'pa:ss/w@rd "ö\\,';

/** A stand-in with the table `db.t` of numbers and texts. */
export interface DorisFixture extends AsyncDisposable {
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
  const doris = await startDorisStandIn({ password: PASSWORD, ...rest });
  const address: DorisAddress = {
    fe: [doris.feUrl],
    be: [],
    via: 'auto',
    queryPort: doris.mysqlPort,
    user: doris.user,
    password: doris.password,
    tls: false,
    ...changes,
  };
  const statements = openStatements(
    { ...address, fe: [doris.feUrl], user: doris.user, password: doris.password },
    { max: 1, timeoutSeconds: 60 },
  );
  await statements.query('CREATE DATABASE db');
  await statements.query(
    `CREATE TABLE db.t (id BIGINT NOT NULL, name STRING NULL) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1
     PROPERTIES('replication_num' = '1', 'enable_unique_key_merge_on_write' = 'true')`,
  );
  const nodes = new Nodes({ address, log, answerMs });
  const target = { database: 'db', table: 't', label: 'drover_test_1_1' };
  return {
    doris,
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
      const found = await statements.query('SELECT id, name FROM db.t ORDER BY id');
      return found.map((row) => [row['id'] ?? '', row['name'] ?? ''] as const);
    },
    states: () => doris.transactions.ofLabel('db', target.label).map(({ status }) => status),
    async [Symbol.asyncDispose]() {
      await statements.close();
      await doris[Symbol.asyncDispose]();
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
