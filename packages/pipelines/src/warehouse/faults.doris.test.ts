import { type ErrorCode, isBalanced } from '@drover/core';
import type { Faults } from '@drover/stand-ins';
import { describe, expect, inject, test } from 'vitest';
import { attempts, bothSides, chunkOf, type TableName, TWO_TABLES } from './testing/attempts.ts';
import { type WarehouseFixture, warehouseFixture } from './testing/warehouse-fixture.ts';

interface Fault {
  readonly of: string;
  /** Called with the knobs before the first attempt. */
  readonly set: (faults: Faults) => void;
  /** How often it is still to strike. */
  readonly left: (faults: Faults) => number | undefined;
  readonly keyed: readonly ErrorCode[];
  /** Of a table without a key; by default as with one. Its parts are sent again within an attempt. */
  readonly whole?: readonly ErrorCode[];
}

const FAULTS: readonly Fault[] = [
  {
    of: 'the connection ends when the load is committed',
    set: (faults) => (faults.commitThenDrop = { times: 1 }),
    left: (faults) => faults.commitThenDrop?.times,
    keyed: ['CONNECTION_LOST'],
    whole: [],
  },
  {
    of: 'the load is said to have failed, and is committed',
    set: (faults) => (faults.failThoughCommitted = { times: 1 }),
    left: (faults) => faults.failThoughCommitted?.times,
    keyed: ['UNKNOWN'],
  },
  {
    of: 'the reply ends in the middle',
    set: (faults) => (faults.truncatedReply = { times: 1 }),
    left: (faults) => faults.truncatedReply?.times,
    keyed: ['CONNECTION_LOST'],
    whole: [],
  },
  {
    of: 'a tablet has too many versions',
    set: (faults) => (faults.tooManyVersions = { times: 1 }),
    left: (faults) => faults.tooManyVersions?.times,
    keyed: ['TARGET_BUSY'],
  },
  {
    of: 'too many transactions are running',
    set: (faults) => (faults.runningTransactions = { times: 1 }),
    left: (faults) => faults.runningTransactions?.times,
    keyed: ['TARGET_BUSY'],
  },
  {
    of: 'the memory of a backend is used up while the rows come',
    set: (faults) => (faults.memoryLimit = { times: 1 }),
    left: (faults) => faults.memoryLimit?.times,
    keyed: ['TARGET_BUSY'],
  },
  {
    of: 'the connection ends in the middle of the rows',
    set: (faults) => (faults.dropMidBody = { times: 1, afterBytes: 5_000 }),
    left: (faults) => faults.dropMidBody?.times,
    keyed: ['CONNECTION_LOST'],
    whole: [],
  },
  {
    of: 'the answer to the commit is lost',
    set: (faults) => (faults.commit2pcLost = { times: 1 }),
    left: (faults) => faults.commit2pcLost?.times,
    keyed: [],
  },
  {
    of: 'a frontend answers the question for backends with an error',
    set: (faults) =>
      (faults.okEnvelope = {
        times: 1,
        place: 'backends',
        body: { msg: 'Internal Error', code: 500, data: 'no such thing', count: 0 },
      }),
    left: (faults) => faults.okEnvelope?.times,
    keyed: ['UNKNOWN'],
  },
  {
    of: 'a frontend lists backends in a way that cannot be read',
    set: (faults) =>
      (faults.okEnvelope = {
        times: 1,
        place: 'backends',
        body: { msg: 'success', code: 0, data: null, count: 0 },
      }),
    left: (faults) => faults.okEnvelope?.times,
    keyed: ['CONNECTION_LOST'],
    whole: [],
  },
  {
    of: 'a backend answers the load with an error of HTTP status 200',
    set: (faults) =>
      (faults.okEnvelope = {
        times: 1,
        place: 'load',
        body: { status: 'FAILED', msg: 'Have not get FE Master heartbeat yet' },
      }),
    left: (faults) => faults.okEnvelope?.times,
    keyed: ['SERVER_UNAVAILABLE'],
  },
  {
    of: 'a backend answers the commit with an error of HTTP status 200',
    set: (faults) =>
      (faults.okEnvelope = {
        times: 1,
        place: 'two-phase',
        body: { status: 'INTERNAL_ERROR', msg: 'get tableList write lock timeout' },
      }),
    left: (faults) => faults.okEnvelope?.times,
    keyed: ['LOCK_TIMEOUT'],
  },
  {
    of: 'a frontend names a backend that is not there',
    set: (faults) => (faults.wrongRedirectHost = { times: 1, host: '127.0.0.1:1' }),
    left: (faults) => faults.wrongRedirectHost?.times,
    keyed: [],
  },
  {
    of: 'a frontend names a backend that is not there, and sends the load to it',
    set: (faults) => (faults.wrongRedirectHost = { times: 2, host: '127.0.0.1:1' }),
    left: (faults) => faults.wrongRedirectHost?.times,
    keyed: ['CONNECTION_LOST'],
    whole: [],
  },
];

/** Faults that a load which commits at its end does not meet. */
const TWO_PHASE_ONLY = /the commit\b/;

async function expectExact(
  fixture: WarehouseFixture,
  fault: Fault,
  table: TableName,
  codes: readonly ErrorCode[],
) {
  const { standIn } = fixture.doris;
  if (standIn === null) throw new Error('a real Doris has no knobs');
  const at = await chunkOf(fixture, table);
  fault.set(standIn.faults);
  const ended = await attempts(fixture, at);
  expect(fault.left(standIn.faults)).toBe(0);
  expect(ended.codes).toEqual(codes);
  expect(at.gate.settled).toHaveLength(1);
  expect(isBalanced(ended.receipt)).toBe(true);
  const { source, target } = await bothSides(fixture, table);
  expect(target).toEqual(source);
  expect(ended.receipt.loaded).toBe(source.length);
}

describe.skipIf(inject('dorisUrl') !== null).concurrent('the target is exact when', () => {
  describe.each(['D24', 'D26'] as const)('in generation %s', (generation) => {
    test.each(FAULTS)('$of (a table with a key)', async (fault) => {
      await using fixture = await warehouseFixture({ generation, setup: TWO_TABLES });
      await expectExact(fixture, fault, 'orders', fault.keyed);
    });

    test.each(FAULTS)('$of (a table without a key)', async (fault) => {
      await using fixture = await warehouseFixture({ generation, setup: TWO_TABLES });
      await expectExact(fixture, fault, 'events', fault.whole ?? fault.keyed);
    });
  });

  describe('a load commits at its end and', () => {
    const faults = FAULTS.filter(({ of }) => !TWO_PHASE_ONLY.test(of));
    test.each(faults)('$of (a table with a key)', async (fault) => {
      const spec = { load: { commit: 'single' } };
      await using fixture = await warehouseFixture({ setup: TWO_TABLES, spec });
      await expectExact(fixture, fault, 'orders', fault.keyed);
    });
  });
});
