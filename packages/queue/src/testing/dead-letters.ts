import { deadLetterKey, deliveryKey, type ParkedId } from '@drover/core';
import { expect, test } from 'vitest';
import {
  deliveries,
  newMigration,
  type OpenQueue,
  openProducer,
  openRecorder,
} from './queue-under-test.ts';

const parked = (count: number): ParkedId[] =>
  Array.from({ length: count }, (_, index) => ({ runId: 7, chunkId: index + 1 }));
const keys = (of: readonly ParkedId[]) => new Set(of.map(deadLetterKey));

/** The queue that shows parked chunks. */
export function describeDeadLetters(open: OpenQueue): void {
  // Mutation: without the loop over `ADD_AT_ONCE` in `add` of chunk-queue.ts only the first are there.
  test('shows the dead letters that were added, each once, and forgets those that were removed', async () => {
    await using server = await open();
    await using queue = openProducer(server, newMigration());
    const { deadLetters } = queue;
    expect(await deadLetters.known()).toEqual(new Set());
    const all = parked(1_100);
    await deadLetters.add(all);
    await deadLetters.add(all.slice(0, 2));
    expect(await deadLetters.known()).toEqual(keys(all));
    await deadLetters.remove(['r7-c1', 'r7-c2', 'r7-c2', 'r9-c9']);
    expect(await deadLetters.known()).toEqual(keys(all.slice(2)));
    // Mutation: without `jobId` in `toDeadLetter` they cannot be told apart, nor found again.
    await deadLetters.add(all.slice(0, 1));
    expect((await deadLetters.known()).size).toBe(1_099);
  });

  // Mutation: with `queueName` for both queues in chunk-queue.ts they are one.
  test('keeps dead letters and deliveries apart, and those of other migrations', async () => {
    await using server = await open();
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using others = openProducer(server, newMigration());
    await queue.deadLetters.add(parked(3));
    await queue.add(deliveries(2));
    expect(await queue.known()).toEqual(new Set(deliveries(2).map(deliveryKey)));
    expect(await others.deadLetters.known()).toEqual(new Set());
    await using recorder = await openRecorder(server, migration, { concurrency: 4 });
    await recorder.saw(2);
    await queue.add(deliveries(1, { delivery: 2 }));
    await recorder.saw(3);
    expect(recorder.seen.every((one) => one.delivery > 0)).toBe(true);
    expect(await queue.deadLetters.known()).toEqual(keys(parked(3)));
    await queue.remove(['r7-c1']);
    expect(await queue.deadLetters.known()).toEqual(keys(parked(3)));
  });

  // Mutation: with the stream of a chunk in `toDeadLetter` its name lies in the queue.
  test('stores of a dead letter its ids and a version only', async () => {
    await using server = await open();
    await using queue = openProducer(server, newMigration());
    await queue.deadLetters.add([{ runId: 3, chunkId: 14 }]);
    const stored = await server.stored();
    expect(stored).toContain('r3-c14');
    expect(stored.replace(/[\\ ]/g, '')).toContain('{"v":1,"run":3,"chunk":14}');
    expect(stored).not.toContain(server.address.url);
  });

  test('that were lost with all its storage can be added again', async () => {
    await using server = await open();
    await using queue = openProducer(server, newMigration());
    await queue.deadLetters.add(parked(2));
    await server.wipe();
    expect(await queue.deadLetters.known()).toEqual(new Set());
    await queue.deadLetters.add(parked(2));
    expect(await queue.deadLetters.known()).toEqual(keys(parked(2)));
  });
}
