import { type Milestone, Stopped } from '@drover/core';
import { barrierAt, type MemoryGate, type Signal, signal } from '@drover/testkit';
import { describe, expect, test } from 'vitest';
import {
  attempt,
  attempts,
  bothSides,
  type ChunkAtHand,
  chunkOf,
  nextGeneration,
  type TableName,
  TWO_TABLES,
  takenGate,
} from './testing/attempts.ts';
import { type WarehouseFixture, warehouseFixture } from './testing/warehouse-fixture.ts';

const MILESTONES: readonly Milestone[] = ['snapshot', 'copying', 'staged', 'fenced', 'settled'];
const CHANGE = {
  orders: [
    "update shop.orders set note = 'newer' where id % 3 = 0",
    'delete from shop.orders where id % 10 = 0',
    "insert into shop.orders values (1000, 'late', 1)",
  ],
  events: [
    "update shop.events set what = 'newer' where n % 3 = 0",
    'delete from shop.events where n % 10 = 0',
  ],
};

const change = async ({ source }: WarehouseFixture, table: TableName) => {
  for (const statement of CHANGE[table]) await source.sql.query(statement);
};

/** An attempt that is stopped at a milestone, and whose chunk somebody else has from then on. */
async function frozenAt(fixture: WarehouseFixture, at: ChunkAtHand, milestone: Milestone) {
  const barrier = barrierAt(milestone);
  const { gate, take } = takenGate(at.gate);
  const ended = attempt(fixture, { ...at, gate }, { reached: (one) => barrier.reached(one) }).catch(
    (error: unknown) => error,
  );
  await Promise.race([barrier.arrived, ended]);
  take();
  return {
    /** What it ended with. */
    async wake() {
      barrier.release();
      return ended;
    },
  };
}

/** A gate whose `nth` permission to commit is given, and then used late. */
function lateCommit(
  gate: MemoryGate,
  nth: number,
): { gate: MemoryGate; arrived: Promise<void>; release: Signal['give'] } {
  const [arrived, released] = [signal(), signal()];
  let count = 0;
  const mayCommit: MemoryGate['outside']['mayCommit'] = async (intent) => {
    await gate.outside.mayCommit(intent);
    count += 1;
    if (count !== nth) return;
    arrived.give();
    await released.given;
  };
  return {
    gate: { ...gate, outside: { ...gate.outside, mayCommit } },
    arrived: arrived.given,
    release: released.give,
  };
}

async function expectExact(fixture: WarehouseFixture, table: TableName = 'orders') {
  const { source, target } = await bothSides(fixture, table);
  expect(target).toEqual(source);
}

/** Until here its load is not committed, and can be given up for it. */
const isUndecided = (milestone: Milestone, commit: string) =>
  commit === 'single' ? milestone !== 'settled' : milestone !== 'fenced' && milestone !== 'settled';

describe.concurrent('an attempt that has lost its chunk', () => {
  describe.each(['two-phase', 'single'])('with %s commit', (commit) => {
    test.each(MILESTONES)(
      'and was frozen at %s changes nothing of what its successor did',
      async (milestone) => {
        await using fixture = await warehouseFixture({
          setup: TWO_TABLES,
          spec: { load: { commit } },
        });
        const at = await chunkOf(fixture, 'orders');
        const zombie = await frozenAt(fixture, at, milestone);
        const old = await bothSides(fixture, 'orders');
        await change(fixture, 'orders');
        await attempts(fixture, at);
        const settled = await bothSides(fixture, 'orders');
        expect(settled.target).toEqual(
          isUndecided(milestone, commit) ? settled.source : old.source,
        );
        const ended = await zombie.wake();
        expect(ended).toBeInstanceOf(Error);
        expect((await bothSides(fixture, 'orders')).target).toEqual(settled.target);
        expect(at.gate.settled).toHaveLength(1);
        expect(at.gate.settled[0]?.receipt.loaded).toBe(settled.target.length);
      },
    );
  });

  test.each(MILESTONES)(
    'of a table without a key, frozen at %s, changes nothing either',
    async (milestone) => {
      await using fixture = await warehouseFixture({ setup: TWO_TABLES });
      const at = await chunkOf(fixture, 'events');
      const zombie = await frozenAt(fixture, at, milestone);
      const old = await bothSides(fixture, 'events');
      await change(fixture, 'events');
      await attempts(fixture, at);
      const settled = await bothSides(fixture, 'events');
      expect(settled.target).toEqual(isUndecided(milestone, '') ? settled.source : old.source);
      expect(await zombie.wake()).toBeInstanceOf(Error);
      expect((await bothSides(fixture, 'events')).target).toEqual(settled.target);
      expect(at.gate.settled).toHaveLength(1);
      const tables = await fixture.target.query(
        `SELECT TABLE_NAME FROM information_schema.tables WHERE TABLE_SCHEMA = '${fixture.database}'`,
      );
      expect(tables.map((row) => row['TABLE_NAME'] ?? '').sort()).toEqual(['events', 'orders']);
    },
  );

  test.each(MILESTONES)(
    'frozen at %s changes nothing of the halves that replaced its chunk',
    async (milestone) => {
      await using fixture = await warehouseFixture({ setup: TWO_TABLES });
      const at = await chunkOf(fixture, 'orders');
      const zombie = await frozenAt(fixture, at, milestone);
      await change(fixture, 'orders');
      const { id, generation } = at.chunk;
      for (const [half, from, to] of [
        [1, null, ['150']],
        [2, ['150'], null],
      ] as const) {
        const range = {
          kind: 'keys',
          stream: 'shop.orders',
          from: from && [...from],
          to: to && [...to],
          cuts: [],
        };
        const chunk = { ...at.chunk, id: id * 10 + half, range, ancestors: [{ id, generation }] };
        await attempts(fixture, { ...nextGeneration(at), chunk });
      }
      await expectExact(fixture);
      expect(await zombie.wake()).toBeInstanceOf(Error);
      await expectExact(fixture);
      expect(at.gate.settled).toEqual([]);
    },
  );

  test.each(MILESTONES)(
    'frozen at %s changes nothing of the next generation',
    async (milestone) => {
      await using fixture = await warehouseFixture({ setup: TWO_TABLES });
      for (const table of ['orders', 'events'] as const) {
        const at = await chunkOf(fixture, table);
        const zombie = await frozenAt(fixture, at, milestone);
        await change(fixture, table);
        await attempts(fixture, nextGeneration(at));
        await expectExact(fixture, table);
        expect(await zombie.wake()).toBeInstanceOf(Error);
        await expectExact(fixture, table);
      }
    },
  );

  test.each(['two-phase', 'single'])(
    'is told so by its gate, and commits nothing (%s commit)',
    async (commit) => {
      await using fixture = await warehouseFixture({
        setup: TWO_TABLES,
        spec: { load: { commit } },
      });
      const at = await chunkOf(fixture, 'orders');
      const zombie = await frozenAt(fixture, at, 'staged');
      expect(await zombie.wake()).toEqual(new Stopped('fenced'));
      expect((await bothSides(fixture, 'orders')).target).toEqual([]);
      await attempts(fixture, at);
      await expectExact(fixture);
    },
  );
});

describe.concurrent('deletions of an attempt that has lost its chunk', () => {
  const DELETE = 'delete from shop.orders where id > 290';
  const INSERT = `insert into shop.orders select i, 'back', i from generate_series(291, 300) i`;

  /** The chunk was moved, its source has lost rows, and its next generation is about to delete them. */
  async function aboutToDelete(commit: string) {
    const fixture = await warehouseFixture({ setup: TWO_TABLES, spec: { load: { commit } } });
    await fixture.source.sql.query(
      "update shop.orders set note = 'back', price = id where id > 290",
    );
    const first = await chunkOf(fixture, 'orders');
    await attempts(fixture, first);
    await fixture.source.sql.query(DELETE);
    const at = nextGeneration(first);
    const { gate: own, take } = takenGate(at.gate);
    // The first permission is that of its rows.
    const { gate, arrived, release } = lateCommit(own, 2);
    const ended = attempt(fixture, { ...at, gate }).catch((error: unknown) => error);
    await Promise.race([arrived, ended]);
    take();
    await fixture.source.sql.query(INSERT);
    return { fixture, at, release, ended };
  }

  test.each(['two-phase', 'single'])(
    'do not happen after its successor has finished (%s commit)',
    async (commit) => {
      const { fixture, at, release, ended } = await aboutToDelete(commit);
      await using _ = fixture;
      await attempts(fixture, at);
      await expectExact(fixture);
      release();
      expect(await ended).toBeInstanceOf(Error);
      await expectExact(fixture);
    },
  );

  test('do not happen after the next generation has finished', async () => {
    const { fixture, at, release, ended } = await aboutToDelete('two-phase');
    await using _ = fixture;
    await attempts(fixture, nextGeneration(at));
    await expectExact(fixture);
    release();
    expect(await ended).toBeInstanceOf(Error);
    await expectExact(fixture);
  });

  test('do not happen after the halves of the chunk have finished', async () => {
    const { fixture, at, release, ended } = await aboutToDelete('two-phase');
    await using _ = fixture;
    const { id, generation } = at.chunk;
    const chunk = { ...at.chunk, id: id + 100_000, ancestors: [{ id, generation }] };
    await attempts(fixture, { ...nextGeneration(at), chunk });
    await expectExact(fixture);
    release();
    expect(await ended).toBeInstanceOf(Error);
    await expectExact(fixture);
  });

  test.each(['two-phase', 'single'])(
    'of a whole table do not happen either (%s commit)',
    async (commit) => {
      await using fixture = await warehouseFixture({
        setup: TWO_TABLES,
        spec: { load: { commit } },
      });
      await fixture.source.sql.query(
        "update shop.orders set note = 'back', price = id where id > 290",
      );
      const first = await chunkOf(fixture, 'orders');
      await attempts(fixture, first);
      await fixture.source.sql.query('delete from shop.orders where id > 280');
      const range = { kind: 'sweep', stream: 'shop.orders', to: null };
      const at = nextGeneration({
        ...first,
        chunk: { ...first.chunk, id: first.chunk.id + 200_000, range, generation: 0 },
      });
      const { gate: own, take } = takenGate(at.gate);
      const { gate, arrived, release } = lateCommit(own, 1);
      const ended = attempt(fixture, { ...at, gate }).catch((error: unknown) => error);
      await Promise.race([arrived, ended]);
      take();
      await fixture.source.sql.query(INSERT);
      await attempts(fixture, at);
      await expectExact(fixture);
      release();
      expect(await ended).toBeInstanceOf(Error);
      await expectExact(fixture);
    },
  );
});
