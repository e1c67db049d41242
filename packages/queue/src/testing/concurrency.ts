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

/** How many deliveries a consumer takes at once, changed while it has some in hand. */
export function describeConcurrency(open: OpenQueue): void {
  // Mutation: without the wake-up in `setConcurrency` (chunk-consumer.ts) it takes the second one only when it
  // has let go of the first.
  test('takes more at once as soon as it is told to, whatever it has in hand', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration);
    await queue.add(deliveries(4));
    await holder.holds(1);
    holder.consumer.setConcurrency(3);
    await holder.holds(3);
    expect(holder.consumer.active).toBe(3);
    holder.consumer.setConcurrency(4);
    await holder.holds(4);
  });

  // Mutation: with a `setConcurrency` that does nothing, the first one that it lets go of makes room for another.
  test('takes fewer at once when it is told to: what is in hand is finished, then one follows another', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration, { concurrency: 3 });
    await queue.add(deliveries(5));
    const third = await holder.holds(3);
    holder.consumer.setConcurrency(1);
    for (const one of holder.held.slice(0, 2)) one.letGo();
    await until('two were acknowledged', async () => (await queue.known()).size === 3);
    // Another consumer gets what this one leaves alone.
    await using recorder = await openRecorder(server, migration);
    await recorder.saw(2);
    expect(holder.held).toHaveLength(3);
    expect(third.lease.aborted).toBe(false);
    third.letGo();
    await until('all were acknowledged', async () => (await queue.known()).size === 0);
    await recorder[Symbol.asyncDispose]();
    await queue.add(deliveries(2, { delivery: 2 }));
    const fourth = await holder.holds(4);
    expect(holder.consumer.active).toBe(1);
    fourth.letGo();
    await holder.holds(5);
  });

  // Mutation: without `worker.isPaused()` in `setConcurrency` it proceeds.
  test('stays held, whatever it is told to take at once', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using holder = await openHolder(server, migration);
    await queue.add(deliveries(1));
    const inHand = await holder.holds(1);
    holder.consumer.hold();
    holder.consumer.setConcurrency(3);
    await queue.add(deliveries(3, { delivery: 2 }));
    inHand.letGo();
    await using recorder = await openRecorder(server, migration);
    await recorder.saw(3);
    expect(holder.held).toHaveLength(1);
  });
}
