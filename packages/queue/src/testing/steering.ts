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

const openSockets = () =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;

/** What a worker does to its consumer while it runs: holds it, lets it proceed, and ends it meanwhile. */
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

  // Mutation: with a `proceed` that waits for what is in hand it takes no second.
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

  // Mutation: without `worker.resume()` in `drain` of chunk-consumer.ts it is drained before the handler has
  // returned.
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

  // Mutation: without `drained` in chunk-consumer.ts it takes one after the other, and is never drained.
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

  // Mutation: without `disconnect` in chunk-consumer.ts one connection is made again after the end.
  test('closes a consumer whose last acknowledgement is not answered, and leaves no connection behind', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await queue.add(deliveries(1));
    await using proxy = await startTcpProxy(server.address.url);
    const before = openSockets();
    const address = { ...server.address, url: proxy.url };
    await using holder = await openHolder({ address }, migration);
    const inHand = await holder.holds(1);
    const hold = proxy.holdAt('r7-c1-d1');
    inHand.letGo();
    await hold.arrived;
    await holder.consumer.close();
    hold.release();
    await until('all its connections are closed', () => openSockets() <= before);
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
