import { barrierAt } from '@drover/testkit';
import { describe, expect, test } from 'vitest';
import {
  attempt,
  attempts,
  bothSides,
  type ChunkAtHand,
  chunkOf,
  TWO_TABLES,
  takenGate,
} from './testing/attempts.ts';
import { planOf, type WarehouseFixture, warehouseFixture } from './testing/warehouse-fixture.ts';

/** An attempt that is held right before it commits, after the ledger let it. */
async function frozenBeforeCommit(fixture: WarehouseFixture, at: ChunkAtHand) {
  const barrier = barrierAt('fenced');
  const { gate, take } = takenGate(at.gate);
  const ended = attempt(fixture, { ...at, gate }, { reached: (one) => barrier.reached(one) }).catch(
    (error: unknown) => error,
  );
  await Promise.race([barrier.arrived, ended]);
  take();
  return {
    async wake() {
      barrier.release();
      return ended;
    },
  };
}

describe('a process that was frozen right before it commits', () => {
  // Mutation: without `endFormerAttempts` the rows that were deleted since are there again.
  test.each(['orders', 'events'] as const)(
    'writes nothing into what a later run moves, where its own run was cancelled (%s)',
    async (table) => {
      await using fixture = await warehouseFixture({ setup: TWO_TABLES });
      const at = await chunkOf(fixture, table);
      const frozen = await frozenBeforeCommit(fixture, at);
      const number = table === 'orders' ? 'id' : 'n';
      await fixture.source.sql.query(`delete from shop.${table} where ${number} % 3 = 0`);
      const { id, generation, stream } = at.chunk;
      await fixture.run({ unsettled: [{ id, generation, stream }] });
      expect(await frozen.wake()).toBeInstanceOf(Error);
      const { source, target } = await bothSides(fixture, table);
      expect(target).toEqual(source);
    },
  );

  // Mutation: `DROP TABLE` in place of the table that replaces it empties what was filled since.
  test('does not empty a table that its successor has prepared and others have filled', async () => {
    await using fixture = await warehouseFixture({ setup: TWO_TABLES });
    await fixture.run();
    const { anchor } = await fixture.run({ phases: [], options: { dropTables: true } });
    const planned = await planOf(fixture.pipeline, 'prepare', anchor, []);
    const at = { ...(await chunkOf(fixture, 'orders', 'prepare')), anchor };
    expect(planned).toHaveLength(2);
    const frozen = await frozenBeforeCommit(fixture, at);
    await attempts(fixture, at);
    expect((await bothSides(fixture, 'orders')).target).toEqual([]);
    await fixture.run();
    expect(await frozen.wake()).toBeInstanceOf(Error);
    const { source, target } = await bothSides(fixture, 'orders');
    expect(target).toEqual(source);
  });
});
