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
  SHORT_LOCK,
} from './queue-under-test.ts';

/** What becomes of deliveries when locks, consumers or the whole storage are lost. */
export function describeLosing(open: OpenQueue): void {
  // Mutation: without the listener of `lockRenewalFailed` in chunk-consumer.ts it is never told.
  test('tells a handler whose lock was lost, with the reason lease-lost', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration, { ...SHORT_LOCK, concurrency: 2 });
    await queue.add(deliveries(2));
    const first = await holder.holds(1);
    const second = await holder.holds(2);
    await server.breakLock(migration, first.delivery);
    expect(await abortion(first.lease)).toEqual(new Stopped('lease-lost'));
    expect(second.lease.aborted).toBe(false);
  });

  // Mutation: with `inHand` keyed by the job's id, the first one's end takes the second one out of it.
  test('tells apart two deliveries of one chunk in one consumer, the first of which lost its lock', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration, { ...SHORT_LOCK, concurrency: 2 });
    await queue.add(deliveries(1));
    const first = await holder.holds(1);
    await server.breakLock(migration, first.delivery);
    const second = await holder.holds(2);
    expect(second.delivery).toEqual(first.delivery);
    expect(await abortion(first.lease)).toEqual(new Stopped('lease-lost'));
    expect(holder.consumer.active).toBe(2);
    first.letGo();
    await until('the first has returned', () => holder.consumer.active < 2);
    expect(holder.consumer.active).toBe(1);
    await server.breakLock(migration, second.delivery);
    expect(await abortion(second.lease)).toEqual(new Stopped('lease-lost'));
  });

  // Mutation: with BullMQ's own `maxStalledCount` of 1 the delivery fails when it stalls again.
  test('makes a delivery again whose consumers vanished, as often as they do, and never fails it', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await queue.add(deliveries(1));
    for (let vanished = 1; vanished <= 3; vanished += 1) {
      await using proxy = await startTcpProxy(server.address.url);
      const address = { ...server.address, url: proxy.url };
      await using holder = await openHolder({ address }, migration, SHORT_LOCK);
      await holder.holds(1);
      // To the queue, a consumer that it cannot hear is dead.
      await proxy[Symbol.asyncDispose]();
    }
    await using recorder = await openRecorder(server, migration, SHORT_LOCK);
    await recorder.saw(1);
    await until('the queue knows none', async () => (await queue.known()).size === 0);
    expect(await server.storedJobs()).toEqual([]);
  });

  // Mutation: without the abort in `close` it waits for the handler for ever.
  test('closes a consumer with deliveries in hand: they are told to stop, and acknowledged when they have', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await queue.add(deliveries(3));
    await using holder = await openHolder(server, migration, { concurrency: 2, obedient: true });
    const first = await holder.holds(1);
    const second = await holder.holds(2);
    await holder.consumer.close();
    expect(first.lease.reason).toEqual(new Stopped('shutdown'));
    expect(second.lease.reason).toEqual(new Stopped('shutdown'));
    expect(await queue.known()).toEqual(new Set(['r7-c3-d1']));
    expect(holder.held).toHaveLength(2);
  });

  test('closes a consumer whose server is away', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await queue.add(deliveries(1));
    await using proxy = await startTcpProxy(server.address.url);
    const address = { ...server.address, url: proxy.url };
    await using holder = await openHolder({ address }, migration, { obedient: true });
    await holder.holds(1);
    await proxy[Symbol.asyncDispose]();
    await holder.consumer.close();
    expect(holder.consumer.active).toBe(0);
  });

  test('goes on after all its storage was lost: consumers that wait and that work get what is added next', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using idle = await openRecorder(server, migration, SHORT_LOCK);
    await queue.add(deliveries(1));
    await idle.saw(1);
    await using busy = await openHolder(server, migration, SHORT_LOCK);
    // The idle one may take it first; then it is offered again until the busy one has it.
    for (let number = 2; busy.held.length === 0; number += 1) {
      await queue.add(deliveries(1, { delivery: number }));
      await until('it was taken', async () => {
        const known = await queue.known();
        return known.size === 0 || busy.held.length > 0;
      });
    }
    const inHand = await busy.holds(1);
    await queue.add(deliveries(5, { runId: 8 }));
    await server.wipe();
    expect(await queue.known()).toEqual(new Set());
    expect(await abortion(inHand.lease)).toEqual(new Stopped('lease-lost'));
    inHand.letGo();
    const before = idle.seen.length;
    const more = deliveries(4, { runId: 9 });
    await queue.add(more);
    await until('all were taken', () => {
      for (const one of busy.held) one.letGo();
      return idle.seen.length - before + busy.held.length - 1 >= more.length;
    });
    await until('the queue knows none', async () => (await queue.known()).size === 0);
  });

  test('goes on after its connections were cut', async () => {
    await using server = await open();
    const migration = newMigration();
    await using proxy = await startTcpProxy(server.address.url);
    const through = { address: { ...server.address, url: proxy.url } };
    await using queue = openProducer(through, migration);
    await using recorder = await openRecorder(through, migration);
    await queue.add(deliveries(1));
    await recorder.saw(1);
    proxy.cut();
    await until('the producer is back', () =>
      queue.add(deliveries(2)).then(
        () => true,
        () => false,
      ),
    );
    await recorder.saw(2);
  });
}
