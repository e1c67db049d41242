import { type Delivery, deadLetterKey, deliveryKey } from '@drover/core';
import { openChunkConsumer } from '@drover/queue';
import { hourlyRows, signal, until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import {
  coordinatorOf,
  migrationFixture,
  openFixture,
  startedRun,
  workUntil,
} from './testing/migration-fixture.ts';
import { parkChunk } from './testing/park-chunk.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 4 });

/** A run before its data, whose four chunks wait in the queue, and a coordinator that looks when it is told. */
async function queuedRun() {
  const fixture = await migrationFixture({ postgresUrl, queueUrl: redisUrl ?? '', rows: ROWS });
  const drover = await openFixture(fixture);
  const run = await startedRun(drover);
  await workUntil(drover, run.id, 'data');
  let nowMs = Date.now();
  const coordinator = coordinatorOf(drover, { host: { ...drover.host, now: () => nowMs } });
  const look = async () => {
    nowMs += 60_000;
    await coordinator.pass();
  };
  // Twice, as the jobs of chunks that were worked on without the queue are still there.
  await look();
  await look();
  const { ledger, queue, migration } = drover;
  return {
    drover,
    ledger,
    queue,
    run,
    look,
    coordinator,
    deliveries: () => ledger.outstanding(run.id),
    deadLetters: () => queue.deadLetters.known(),
    parked: async () =>
      new Set(
        (await ledger.parkedIds({ migrationId: migration.id, limit: 99 })).map(deadLetterKey),
      ),
    async flush() {
      const redis = new Redis(redisUrl ?? '');
      const keys = await redis.keys(`*${migration.id}*`);
      expect(keys.length).toBeGreaterThan(0);
      await redis.del(keys);
      redis.disconnect();
    },
    async [Symbol.asyncDispose]() {
      await coordinator[Symbol.asyncDispose]();
      await drover[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

const keysOf = (deliveries: readonly Delivery[]) => new Set(deliveries.map(deliveryKey));

describe.skipIf(redisUrl === null)('the reconciler', () => {
  // Mutation: without `#remove` in reconcile.ts they stay for ever; without `this.#strays.has(key)` the first
  // look removes what somebody is about to write down.
  test('takes what nobody waits for out of the queue at the second look, but nothing out of a hand', async () => {
    await using set = await queuedRun();
    const { ledger, queue, run, look } = set;
    const all = keysOf(await set.deliveries());
    expect(all.size).toBe(4);
    expect(await queue.known()).toEqual(all);
    const letGo = signal();
    const held: Delivery[] = [];
    const consumer = await openChunkConsumer(
      {
        address: set.drover.loaded.spec.queue,
        migrationId: set.drover.migration.id,
        concurrency: 1,
        onTrouble: () => {},
      },
      async (delivery) => {
        held.push(delivery);
        await letGo.given;
      },
    );
    await until('one is in hand', () => held.length === 1);
    await ledger.changeRun({ runId: run.id, event: 'cancel' });
    expect(await ledger.cancelChunks(run.id)).toBe(4);
    await look();
    expect(await queue.known()).toEqual(all);
    await look();
    expect(await queue.known()).toEqual(keysOf(held));
    letGo.give();
    await until('the one in hand is acknowledged', async () => (await queue.known()).size === 0);
    expect(held).toHaveLength(1);
    await consumer.close();
  });

  // Mutation: with `mine` in place of `runs` in `look` of reconcile.ts the chunks of a paused run are removed.
  test.each(['pause', 'abort'] as const)(
    'leaves in the queue what a run waits for that somebody may go on with (%s)',
    async (event) => {
      await using set = await queuedRun();
      const { ledger, queue, run, look } = set;
      const all = keysOf(await set.deliveries());
      await ledger.changeRun({ runId: run.id, event });
      for (let looks = 0; looks < 3; looks += 1) await look();
      expect(await queue.known()).toEqual(all);
    },
  );

  // Mutation: without `this.#mirror()` in `#reconcile`, or without `missing` or `gone` in mirror-dead-letters.ts.
  test('makes the dead letters equal to the parked chunks: parked, tried again, dropped, or lost', async () => {
    await using set = await queuedRun();
    const { drover, ledger, queue, run, look } = set;
    expect(await set.deadLetters()).toEqual(new Set());
    const ids = (await set.deliveries()).map((one) => one.chunkId);
    const [one = 0, two = 0, three = 0] = ids;
    for (const id of [one, two, three]) await parkChunk(drover, run.id, id);
    const shown = async (...expected: readonly number[]) => {
      await look();
      expect(await set.deadLetters()).toEqual(
        new Set(expected.map((chunkId) => deadLetterKey({ runId: run.id, chunkId }))),
      );
      expect(await set.deadLetters()).toEqual(await set.parked());
    };
    await shown(one, two, three);
    await ledger.unpark({ runId: run.id, chunks: [{ chunkId: one, parts: null }], restMs: 0 });
    await shown(two, three);
    await ledger.dropParked([two]);
    await shown(three);
    await set.flush();
    expect(await set.deadLetters()).toEqual(new Set());
    await shown(three);
    // The work in the queue is as it was, or offered again.
    await look();
    expect(await queue.known()).toEqual(keysOf(await set.deliveries()));
  });

  // Mutation: without `#mirror` in the coordinator's disposal what was parked last is not shown until another
  // process looks.
  test('shows what was parked last when it ends', async () => {
    await using set = await queuedRun();
    const [last] = await set.deliveries();
    await parkChunk(set.drover, set.run.id, last?.chunkId ?? 0);
    await set.coordinator[Symbol.asyncDispose]();
    expect((await set.deadLetters()).size).toBe(1);
    expect(await set.deadLetters()).toEqual(await set.parked());
  });
});
