import { scratchDatabase, startTcpProxy } from '@drover/testkit';
import { expect, inject, test } from 'vitest';
import { installQueue } from './backend.ts';
import { deliveries, newMigration, openProducer } from './testing/queue-under-test.ts';

// Mutation: without `query_timeout` in backend.ts the first `add` hangs.
test('a Postgres that says nothing more to a producer makes it fail, and the next call has a connection of its own', async () => {
  await using database = await scratchDatabase(inject('postgresUrl'));
  await installQueue({ url: database.url, prefix: '' });
  await using proxy = await startTcpProxy(database.url);
  await using queue = openProducer({ address: { url: proxy.url, prefix: '' } }, newMigration());
  expect(await queue.known()).toEqual(new Set());
  const hold = proxy.holdAt('r7-c1-d1');
  await expect(queue.add(deliveries(1))).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  await queue.add(deliveries(1));
  expect(await queue.known()).toEqual(new Set(['r7-c1-d1']));
  hold.release();
});
