import { DroverError, type Intent } from '@drover/core';
import type { DorisStandIn } from '@drover/stand-ins';
import { signal, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import {
  attempt,
  attempts,
  bothSides,
  type ChunkAtHand,
  chunkOf,
  nextGeneration,
  TWO_TABLES,
} from './testing/attempts.ts';
import { type WarehouseFixture, warehouseFixture } from './testing/warehouse-fixture.ts';

class Killed extends Error {}

const standInOf = ({ doris }: WarehouseFixture): DorisStandIn => {
  if (doris.standIn === null) throw new Error('a real Doris has no knobs');
  return doris.standIn;
};

const labelOf = ({ database }: WarehouseFixture, { chunk }: ChunkAtHand): string =>
  `drover_${database}_${chunk.id}_${chunk.generation}`;

const transactionsOf = (fixture: WarehouseFixture, at: ChunkAtHand) =>
  standInOf(fixture).transactions.ofLabel(fixture.database, labelOf(fixture, at));

/** An attempt that ends at the milestone as a killed process does: nobody tidies up. */
const killedAt = (fixture: WarehouseFixture, at: ChunkAtHand, milestone: string) =>
  expect(
    attempt(fixture, at, {
      async reached(one) {
        if (one === milestone) throw new Killed();
      },
    }),
  ).rejects.toThrow(Killed);

async function expectExact(fixture: WarehouseFixture, table: 'orders' | 'events' = 'orders') {
  const { source, target } = await bothSides(fixture, table);
  expect(target).toEqual(source);
}

describe.skipIf(inject('dorisUrl') !== null).concurrent('the label of a chunk', () => {
  const setup = TWO_TABLES;

  test.each(['two-phase', 'single'])(
    'is settled only when its rows can be read (%s commit)',
    async (commit) => {
      await using fixture = await warehouseFixture({ setup, spec: { load: { commit } } });
      const at = await chunkOf(fixture, 'orders');
      const { faults } = standInOf(fixture);
      const published = signal();
      faults.slowPublish = { times: 1, until: published.given };
      const moving = attempts(fixture, at);
      await until('the load is committed', () =>
        transactionsOf(fixture, at).some(({ status }) => status === 'COMMITTED'),
      );
      expect(at.gate.settled).toEqual([]);
      published.give();
      expect((await moving).codes).toEqual([]);
      expect(at.gate.settled).toHaveLength(1);
      await expectExact(fixture);
    },
  );

  test('of a load that is published late is waited for, not sent again', async () => {
    await using fixture = await warehouseFixture({
      setup,
      spec: { load: { commit: 'single', visible: '200ms' } },
    });
    const at = await chunkOf(fixture, 'orders');
    const { faults, requests } = standInOf(fixture);
    const published = signal();
    faults.publishTimeout = { times: 1, until: published.given };
    await expect(attempts(fixture, at, { max: 2 })).rejects.toMatchObject({
      code: 'LOAD_IN_DOUBT',
      policy: 'defer',
    });
    expect(faults.publishTimeout.times).toBe(0);
    published.give();
    await attempts(fixture, at);
    const loads = requests.filter(
      ({ path, server }) => path.endsWith('/_stream_load') && server !== 'frontend',
    );
    expect(loads).toHaveLength(1);
    await expectExact(fixture);
  });

  test.each(['staged', 'fenced', 'settled', 'committed'])(
    'tells what became of an attempt that was killed at %s',
    async (milestone) => {
      await using fixture = await warehouseFixture({ setup });
      const at = await chunkOf(fixture, 'orders');
      await killedAt(fixture, at, milestone);
      await fixture.source.sql.query("update shop.orders set note = 'newer' where id <= 10");
      const before = transactionsOf(fixture, at).map(({ id }) => id);
      const { codes, receipt } = await attempts(fixture, at);
      expect(codes).toEqual([]);
      expect(receipt.loaded).toBe(300);
      const after = transactionsOf(fixture, at);
      expect(after.filter(({ status }) => status === 'VISIBLE')).toHaveLength(1);
      const { source, target } = await bothSides(fixture, 'orders');
      // What was about to be committed is committed, and not sent again: newer rows are for the next sync.
      if (milestone === 'staged') expect(target).toEqual(source);
      else {
        expect(after.map(({ id }) => id)).toEqual(before);
        expect(target.filter((line) => line.includes('newer'))).toEqual([]);
        expect(target).toHaveLength(300);
      }
    },
  );

  test('that is forgotten after the commit has the rows sent again, and those gone since deleted', async () => {
    await using fixture = await warehouseFixture({ setup });
    const at = await chunkOf(fixture, 'orders');
    await killedAt(fixture, at, 'settled');
    const [transaction] = transactionsOf(fixture, at);
    standInOf(fixture).transactions.forget(transaction?.id ?? 0);
    await fixture.source.sql.query('delete from shop.orders where id > 290');
    expect((await attempts(fixture, at)).receipt.loaded).toBe(290);
    await expectExact(fixture);
  });

  test('that is forgotten, sent again in vain and sent a third time has no row too many', async () => {
    await using fixture = await warehouseFixture({ setup });
    const at = await chunkOf(fixture, 'orders');
    await killedAt(fixture, at, 'settled');
    const [transaction] = transactionsOf(fixture, at);
    standInOf(fixture).transactions.forget(transaction?.id ?? 0);
    await fixture.source.sql.query('delete from shop.orders where id > 290');
    standInOf(fixture).faults.dropMidBody = { times: 1, afterBytes: 1_000 };
    expect((await attempts(fixture, at)).codes).toEqual(['CONNECTION_LOST']);
    await expectExact(fixture);
  });

  test('that is forgotten, committed again by an attempt that is killed then, has no row too many', async () => {
    await using fixture = await warehouseFixture({ setup });
    const at = await chunkOf(fixture, 'orders');
    await killedAt(fixture, at, 'settled');
    const [transaction] = transactionsOf(fixture, at);
    standInOf(fixture).transactions.forget(transaction?.id ?? 0);
    await fixture.source.sql.query('delete from shop.orders where id > 290');
    await killedAt(fixture, at, 'fenced');
    await attempts(fixture, at);
    await expectExact(fixture);
  });

  test('with a load that the ledger knows nothing of parks the chunk; its next generation is exact', async () => {
    await using fixture = await warehouseFixture({ setup });
    const at = await chunkOf(fixture, 'orders');
    await attempts(fixture, at);
    const restored = { ...nextGeneration(at), chunk: at.chunk };
    const refused = await attempts(fixture, restored).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'LABEL_TAKEN', policy: 'park' });
    expect((refused as DroverError).context).toEqual({ label: labelOf(fixture, at) });
    await fixture.source.sql.query('delete from shop.orders where id % 7 = 0');
    await fixture.source.sql.query("update shop.orders set note = 'again' where id % 5 = 0");
    await attempts(fixture, nextGeneration(at));
    await expectExact(fixture);
  });

  test('with an intent whose load was given up is loaded anew, and tells of the new load', async () => {
    await using fixture = await warehouseFixture({ setup });
    const at = await chunkOf(fixture, 'orders');
    await killedAt(fixture, at, 'fenced');
    const [transaction] = transactionsOf(fixture, at);
    standInOf(fixture).transactions.abort(transaction?.id ?? 0, 'timeout');
    await fixture.source.sql.query('delete from shop.orders where id > 250');
    expect((await attempts(fixture, at)).receipt.loaded).toBe(250);
    expect(at.gate.settled.map(({ receipt }) => receipt.loaded)).toEqual([250]);
    await expectExact(fixture);
  });

  test.each(['orders', 'events'] as const)(
    'or table (%s) is put in place by whoever comes next, where the ledger noted it and the answer was lost',
    async (table) => {
      await using fixture = await warehouseFixture({ setup });
      const at = await chunkOf(fixture, table);
      const { outside } = at.gate;
      const gate = {
        ...at.gate,
        outside: {
          ...outside,
          async mayCommit(intent: Intent) {
            await outside.mayCommit(intent);
            throw new DroverError('CONNECTION_LOST');
          },
        },
      };
      await expect(attempt(fixture, { ...at, gate })).rejects.toThrow(DroverError);
      await attempts(fixture, at);
      await expectExact(fixture, table);
      expect(at.gate.settled).toHaveLength(1);
    },
  );

  test('is not used by a chunk without rows, in whose place nothing is sent', async () => {
    await using fixture = await warehouseFixture({ setup });
    await fixture.source.sql.query('truncate shop.orders, shop.events');
    for (const table of ['orders', 'events'] as const) {
      const at = await chunkOf(fixture, table);
      await killedAt(fixture, at, 'fenced');
      expect((await attempts(fixture, at)).receipt).toMatchObject({ read: 0, loaded: 0 });
      expect(at.gate.settled).toHaveLength(1);
      await expectExact(fixture, table);
    }
    const loads = standInOf(fixture).requests.filter(({ path }) => path.endsWith('/_stream_load'));
    expect(loads).toEqual([]);
  });

  test('of a chunk that has no rows any more is given up where an attempt had sent some', async () => {
    await using fixture = await warehouseFixture({ setup });
    const at = await chunkOf(fixture, 'orders');
    await killedAt(fixture, at, 'staged');
    await fixture.source.sql.query('truncate shop.orders');
    await attempts(fixture, at);
    expect(transactionsOf(fixture, at).map(({ status }) => status)).toEqual(['ABORTED']);
    await expectExact(fixture);
  });

  test.each(['two-phase', 'single'])(
    'with fewer rows than were sent parks the chunk, and its next generation is exact (%s commit)',
    async (commit) => {
      await using fixture = await warehouseFixture({ setup, spec: { load: { commit } } });
      const at = await chunkOf(fixture, 'orders');
      const { faults } = standInOf(fixture);
      faults.loseRows = { times: 1, rows: 3 };
      const error = await attempts(fixture, at).catch((one: unknown) => one);
      expect(faults.loseRows.times).toBe(0);
      expect(error).toMatchObject({ code: 'COUNT_MISMATCH', policy: 'park' });
      expect((error as DroverError).message).toContain('300 rows were sent, the target took 297');
      const status = commit === 'single' ? 'VISIBLE' : 'ABORTED';
      expect(transactionsOf(fixture, at).map((one) => one.status)).toEqual([status]);
      expect(at.gate.settled).toEqual([]);
      await attempts(fixture, nextGeneration(at));
      await expectExact(fixture);
    },
  );
});
