import { scratchDatabase, startTcpProxy } from '@drover/testkit';
import { expect, inject, test } from 'vitest';
import { installQueue } from './backend.ts';
import { deliveries, newMigration, openProducer } from './testing/queue-under-test.ts';

const postgresUrl = inject('postgresUrl');

/** BullMQ looks at its tables when it has connected. */
const FIRST_LOOK = 'MAX(version)';

// Mutation: without `onConnect` in backend.ts an uncaught exception fails the run of the tests; without the new
// one in `ready` of chunk-queue.ts every later call fails as the first did.
test('a connection that breaks while BullMQ looks at its tables harms that call only', async () => {
  await using database = await scratchDatabase(postgresUrl);
  await installQueue({ url: database.url, prefix: '' });
  await using proxy = await startTcpProxy(database.url);
  const hold = proxy.holdAt(FIRST_LOOK);
  await using queue = openProducer({ address: { url: proxy.url, prefix: '' } }, newMigration());
  const broken = expect(queue.ping()).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  await hold.arrived;
  proxy.cut();
  hold.release();
  await broken;
  await queue.add(deliveries(1));
  expect((await queue.known()).size).toBe(1);
});
