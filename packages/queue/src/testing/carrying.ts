import { DroverError, deliveryKey } from '@drover/core';
import { until } from '@drover/testkit';
import { expect, test } from 'vitest';
import {
  deliveries,
  newMigration,
  type OpenQueue,
  openHolder,
  openProducer,
  openRecorder,
} from './queue-under-test.ts';

const byChunk = (a: { chunkId: number }, b: { chunkId: number }) => a.chunkId - b.chunkId;

/** What the queue does with deliveries while nothing goes wrong around it. */
export function describeCarrying(open: OpenQueue): void {
  // Mutation: `lifo: true` in JOB_OPTIONS, or slices of `ADD_AT_ONCE + 1` in `add`, in chunk-queue.ts.
  test('makes every delivery once and in order, beyond what is added in one call', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    const all = deliveries(1_100);
    await queue.add(all);
    await using recorder = await openRecorder(server, migration);
    await recorder.saw(all.length);
    await until('the queue knows none', async () => (await queue.known()).size === 0);
    expect(recorder.seen).toEqual(all);
  });

  test('makes every delivery once to many consumers, and waits for a delivery that comes later', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using one = await openRecorder(server, migration, { concurrency: 4 });
    await using other = await openRecorder(server, migration, { concurrency: 4 });
    const all = deliveries(100);
    for (let at = 0; at < all.length; at += 10) await queue.add(all.slice(at, at + 10));
    await until('all were made', () => one.seen.length + other.seen.length >= all.length);
    await until('the queue knows none', async () => (await queue.known()).size === 0);
    expect([...one.seen, ...other.seen].sort(byChunk)).toEqual(all);
  });

  // Mutation: without `jobId` in `toJob` the second one is delivered as well.
  test('leaves a delivery that it knows as it is, waiting or in hand, and takes its next number', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    const [first] = deliveries(1);
    const again = deliveries(1, { delivery: 2 });
    await queue.add(deliveries(1));
    await queue.add(deliveries(1));
    await using holder = await openHolder(server, migration);
    const inHand = await holder.holds(1);
    await queue.add(deliveries(1));
    await queue.add(again);
    inHand.letGo();
    const next = await holder.holds(2);
    next.letGo();
    await until('the queue knows none', async () => (await queue.known()).size === 0);
    expect(holder.held.map((one) => one.delivery)).toEqual([first, ...again]);
  });

  // Mutation: without `removeOnComplete` the id of an acknowledged delivery would never run again.
  test('forgets an acknowledged delivery: the same one can be added again', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using recorder = await openRecorder(server, migration);
    await queue.add(deliveries(1));
    await until('it was acknowledged', async () => (await queue.known()).size === 0);
    await queue.add(deliveries(1));
    await recorder.saw(2);
  });

  // Mutation: without 'waiting', or without 'active', in PENDING of chunk-queue.ts.
  test('knows what waits and what is in hand, and nothing that ended', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    expect(await queue.known()).toEqual(new Set());
    const three = deliveries(3);
    await queue.add(three);
    expect(await queue.known()).toEqual(new Set(three.map(deliveryKey)));
    await using holder = await openHolder(server, migration);
    const first = await holder.holds(1);
    expect(await queue.known()).toEqual(new Set(three.map(deliveryKey)));
    expect(holder.consumer.active).toBe(1);
    first.letGo();
    const second = await holder.holds(2);
    second.fail(new DroverError('DEADLOCK'));
    const third = await holder.holds(3);
    expect(await queue.known()).toEqual(new Set(['r7-c3-d1']));
    third.letGo();
    await until('it knows none', async () => (await queue.known()).size === 0);
    expect(holder.consumer.active).toBe(0);
  });

  // Mutation: with a `remove` that does nothing all of them are still known.
  test('removes what waits, leaves what is in hand, and leaves other migrations alone', async () => {
    await using server = await open();
    const [mine, theirs] = [newMigration(), newMigration()];
    await using queue = openProducer(server, mine);
    await using others = openProducer(server, theirs);
    await queue.add(deliveries(20));
    await others.add(deliveries(2));
    await using holder = await openHolder(server, mine);
    const inHand = await holder.holds(1);
    await queue.remove(deliveries(20).map(deliveryKey));
    expect(await queue.known()).toEqual(new Set(['r7-c1-d1']));
    expect(await server.storedJobs()).toHaveLength(3);
    inHand.letGo();
    await until('the one in hand was acknowledged', async () => (await queue.known()).size === 0);
    expect(holder.held).toHaveLength(1);
    await using recorder = await openRecorder(server, theirs);
    await recorder.saw(2);
    // What was removed is forgotten, not remembered as done.
    await queue.add(deliveries(2));
    (await holder.holds(2)).letGo();
    (await holder.holds(3)).letGo();
    await until('nothing is stored', async () => (await server.storedJobs()).length === 0);
  });

  // Mutation: with `drain` as `worker.pause(true)` it resolves before the handler has returned.
  test('drains a consumer: it ends what it has in hand and takes nothing more, others go on', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration);
    await queue.add(deliveries(1));
    const inHand = await holder.holds(1);
    const order: string[] = [];
    const draining = holder.consumer.drain().then(() => order.push('drained'));
    await queue.add(deliveries(3));
    await using recorder = await openRecorder(server, migration);
    await recorder.saw(2);
    expect(inHand.lease.aborted).toBe(false);
    order.push('returned');
    inHand.letGo();
    await draining;
    expect(order).toEqual(['returned', 'drained']);
    await until('the queue knows none', async () => (await queue.known()).size === 0);
    expect(holder.held).toHaveLength(1);
  });

  // Mutation: `...options.address` added to the data of `toJob`.
  test('stores ids and a version of a delivery, and nothing else', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await queue.add([{ runId: 3, chunkId: 14, delivery: 15 }]);
    expect(await server.storedJobs()).toEqual([{ v: 1, run: 3, chunk: 14, delivery: 15 }]);
    const stored = await server.stored();
    expect(stored).toContain('r3-c14-d15');
    expect(stored).not.toContain(server.address.url);
  });

  // Mutation: with `throw error` in the handler's catch of chunk-consumer.ts the messages are stored.
  test('keeps of a failure its code only: no message, no cause, no stack of theirs', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration);
    await queue.add(deliveries(2));
    const cause = new Error('Key (name)=(Ada) already exists');
    (await holder.holds(1)).fail(
      new DroverError('CONSTRAINT_VIOLATION', { message: 'it was Ada', cause }),
    );
    (await holder.holds(2)).fail(new Error('duplicate Ada'));
    await until('both have failed', async () => (await queue.known()).size === 0);
    const stored = await server.stored();
    expect(stored).toContain('CONSTRAINT_VIOLATION');
    expect(stored).toContain('UNKNOWN');
    expect(stored).not.toContain('Ada');
  });
}
