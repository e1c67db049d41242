import { Stopped } from '@drover/core';
import { startTcpProxy, until } from '@drover/testkit';
import { expect, test } from 'vitest';
import {
  abortion,
  deliveries,
  newMigration,
  type OpenQueue,
  openHolder,
  openProducer,
  openRecorder,
} from './queue-under-test.ts';

/** What a worker does to its consumer while it runs: holds it, lets it proceed, and sets how much it takes. */
export function describeSteering(open: OpenQueue): void {
  // Mutation: with a `hold` that does nothing in chunk-consumer.ts it goes on with the second delivery.
  test('holds a consumer: it ends what it has in hand and takes nothing more, until it may proceed', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration);
    await queue.add(deliveries(1));
    const inHand = await holder.holds(1);
    holder.consumer.hold();
    await queue.add(deliveries(3, { delivery: 2 }));
    expect(inHand.lease.aborted).toBe(false);
    inHand.letGo();
    await until('the first is acknowledged', async () => (await queue.known()).size === 3);
    {
      await using recorder = await openRecorder(server, migration);
      await recorder.saw(3);
    }
    expect(holder.held).toHaveLength(1);
    await queue.add(deliveries(1, { delivery: 3 }));
    // Mutation: with a `proceed` that does nothing it takes nothing ever after.
    holder.consumer.proceed();
    const next = await holder.holds(2);
    expect(next.delivery).toEqual({ runId: 7, chunkId: 1, delivery: 3 });
  });

  test('holds a consumer that waits: at most the one that was on its way is taken', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration, { concurrency: 4 });
    await using recorder = await openRecorder(server, migration);
    await queue.add(deliveries(1));
    await until('one of the two has it', () => holder.held.length + recorder.seen.length === 1);
    holder.consumer.hold();
    const before = holder.held.length + recorder.seen.length;
    await queue.add(deliveries(4, { delivery: 2 }));
    await until('all are taken', () => holder.held.length + recorder.seen.length === before + 4);
    expect(recorder.seen.length).toBeGreaterThanOrEqual(3);
  });

  // Mutation: without the wake-up in BullMQ's `resume` it takes the second only when the first has ended.
  test('lets a consumer proceed while it still has something in hand', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration, { concurrency: 2 });
    await queue.add(deliveries(1));
    const first = await holder.holds(1);
    holder.consumer.hold();
    await queue.add(deliveries(3, { delivery: 2 }));
    holder.consumer.proceed();
    (await holder.holds(2)).letGo();
    (await holder.holds(3)).letGo();
    await holder.holds(4);
    expect(first.lease.aborted).toBe(false);
    expect(holder.consumer.active).toBe(2);
  });

  // Mutation: with `drain` as `worker.pause()` alone in chunk-consumer.ts it is drained before the handler
  // has returned.
  test('drains a consumer that is held: it waits for what is in hand', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration);
    await queue.add(deliveries(2));
    const inHand = await holder.holds(1);
    holder.consumer.hold();
    const order: string[] = [];
    const draining = holder.consumer.drain().then(() => order.push('drained'));
    await queue.ping();
    order.push('returned');
    inHand.letGo();
    await draining;
    expect(order).toEqual(['returned', 'drained']);
    expect(await queue.known()).toEqual(new Set(['r7-c2-d1']));
  });

  // Mutation: without `ending` in chunk-consumer.ts it takes one after the other, and is never drained.
  test('takes nothing more once it is asked to drain, even where it is told to proceed', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    for (const held of [true, false]) {
      await using holder = await openHolder(server, migration);
      await queue.add(deliveries(3));
      const inHand = await holder.holds(1);
      if (held) holder.consumer.hold();
      const draining = holder.consumer.drain();
      holder.consumer.hold();
      holder.consumer.proceed();
      inHand.letGo();
      await draining;
      expect(holder.held).toHaveLength(1);
      await queue.remove([...(await queue.known())]);
    }
  });

  // Mutation: without `hand.stopAll` in chunk-consumer.ts it waits for the handler for ever.
  test('closes a consumer that is held: what it has in hand is told to stop', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await queue.add(deliveries(2));
    await using holder = await openHolder(server, migration, { obedient: true });
    const inHand = await holder.holds(1);
    holder.consumer.hold();
    await holder.consumer.close();
    expect(await abortion(inHand.lease)).toEqual(new Stopped('shutdown'));
    expect(holder.consumer.active).toBe(0);
    expect(await queue.known()).toEqual(new Set(['r7-c2-d1']));
  });

  // Mutation: with `worker.concurrency = concurrency` alone the others wait until the first has ended.
  test('takes more at once as soon as it may, whatever it has in hand', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await queue.add(deliveries(5));
    await using holder = await openHolder(server, migration);
    await holder.holds(1);
    holder.consumer.setConcurrency(3);
    await holder.holds(3);
    expect(holder.consumer.active).toBe(3);
    expect((await queue.known()).size).toBe(5);
  });

  // Mutation: with a `setConcurrency` that does nothing the first one to end makes room for another.
  test('takes fewer at once from the next one on, and lets those in hand end', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await queue.add(deliveries(5));
    await using holder = await openHolder(server, migration, { concurrency: 3 });
    const third = await holder.holds(3);
    holder.consumer.setConcurrency(1);
    for (const one of holder.held.slice(0, 2)) {
      one.letGo();
      await until('it is acknowledged', async () => {
        const { runId, chunkId, delivery } = one.delivery;
        return !(await queue.known()).has(`r${runId}-c${chunkId}-d${delivery}`);
      });
    }
    expect(holder.held).toHaveLength(3);
    expect(third.lease.aborted).toBe(false);
    third.letGo();
    await holder.holds(4);
    expect(holder.consumer.active).toBe(1);
  });

  // Mutation: with a `setConcurrency` that wakes a held consumer it takes the second.
  test('stays held whatever it may take at once', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration);
    await queue.add(deliveries(1));
    const inHand = await holder.holds(1);
    holder.consumer.hold();
    await queue.add(deliveries(2, { delivery: 2 }));
    holder.consumer.setConcurrency(3);
    inHand.letGo();
    await using recorder = await openRecorder(server, migration);
    await recorder.saw(2);
    expect(holder.held).toHaveLength(1);
  });

  // Mutation: with a `ping` that asks nobody it goes well without a server.
  test('answers a ping as long as its server is there', async () => {
    await using server = await open();
    const proxy = await startTcpProxy(server.address.url);
    const address = { ...server.address, url: proxy.url };
    await using queue = openProducer({ address }, newMigration());
    await queue.ping();
    await proxy[Symbol.asyncDispose]();
    await expect(queue.ping()).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  });
}
