import { inspect } from 'node:util';
import { DroverError } from '@drover/core';
import { freePort } from '@drover/servers';
import { expect, test } from 'vitest';
import { installQueue, type QueueAddress } from '../backend.ts';
import { inspectQueue } from '../inspect-queue.ts';
import {
  deliveries,
  newMigration,
  type OpenQueue,
  openProducer,
  openRecorder,
} from './queue-under-test.ts';

const SECRET = 'never-shown';

/** What somebody is told whose address of the queue is wrong. */
export function describeAddresses(open: OpenQueue): void {
  const nobody = async (address: QueueAddress): Promise<QueueAddress> => {
    const url = new URL(address.url);
    url.port = String(await freePort());
    url.username = 'drover';
    url.password = SECRET;
    return { ...address, url: url.href };
  };

  /** What the calls of a producer give at this address. */
  async function errorsAt(address: QueueAddress): Promise<readonly DroverError[]> {
    await using queue = openProducer({ address }, newMigration());
    const calls = [
      installQueue(address).then(() => queue.add(deliveries(1))),
      queue.known(),
      queue.remove(['r1-c1-d1']),
      queue.ping(),
      queue.deadLetters.known(),
    ];
    const results = await Promise.allSettled(calls);
    return results.map((result) => {
      if (result.status === 'fulfilled') throw new Error('it went well');
      if (!(result.reason instanceof DroverError)) throw result.reason;
      return result.reason;
    });
  }

  // Mutation: without `backend.reach()` in chunk-queue.ts BullMQ waits for a Redis without end, and
  // without the rest of `guard` the driver's own errors come out.
  test('no server at the address is QUEUE_UNAVAILABLE and names the reason, not the password', async () => {
    await using server = await open();
    const errors = await errorsAt(await nobody(server.address));
    for (const error of errors) {
      expect(error.code).toBe('QUEUE_UNAVAILABLE');
      expect(error.message).toMatch(/ECONNREFUSED/);
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET);
    }
  });

  // Mutation: without `withoutCommand` the cause carries the command that logs in.
  test('a refused login is AUTHENTICATION_FAILED and names the reason, not the password', async () => {
    await using server = await open();
    const errors = await errorsAt({ ...server.address, url: server.refusedUrl });
    for (const error of errors) {
      expect(error.code).toBe('AUTHENTICATION_FAILED');
      expect(error.message).toMatch(/WRONGPASS|does not exist/);
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET);
    }
  });

  // Mutation: without `backend.reach()` in chunk-consumer.ts the consumer of a Redis waits without end.
  test('a consumer is not opened where no server is, or none that lets it in', async () => {
    await using server = await open();
    const refused = { ...server.address, url: server.refusedUrl };
    for (const [code, address] of [
      ['QUEUE_UNAVAILABLE', await nobody(server.address)],
      ['AUTHENTICATION_FAILED', refused],
    ] as const) {
      const error: unknown = await openRecorder({ address }, newMigration()).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code });
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET);
    }
  });

  // Mutation: without `refuseUnreadable` in backend.ts the driver's error quotes the whole address.
  test('an address that cannot be read is FILE_INVALID, without its password', async () => {
    await using server = await open();
    const { protocol, hostname } = new URL(server.address.url);
    const url = `${protocol}//drover:${SECRET}@${hostname}:port`;
    const address = { ...server.address, url };
    const calls = [
      installQueue(address),
      Promise.resolve().then(() => openProducer({ address }, newMigration())),
      openRecorder({ address }, newMigration()),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'FILE_INVALID' } });
      expect(inspect(result, { depth: null, showHidden: true })).not.toContain(SECRET);
    }
    expect(JSON.stringify(await inspectQueue(address))).not.toContain(SECRET);
  });

  test('the preflight finds a server, or says why it finds none', async () => {
    await using server = await open();
    expect(await inspectQueue(server.address)).toMatchObject([
      {
        level: 'info',
        rule: 'queue-version',
        reason: expect.stringMatching(/^(Redis|Postgres) \d+/) as string,
      },
    ]);
    const absent = await inspectQueue(await nobody(server.address));
    const refused = await inspectQueue({ ...server.address, url: server.refusedUrl });
    expect(absent).toMatchObject([
      {
        level: 'error',
        rule: 'queue-unreachable',
        reason: expect.stringMatching(/ECONNREFUSED/) as string,
      },
    ]);
    expect(refused).toMatchObject([
      {
        level: 'error',
        rule: 'queue-unreachable',
        reason: expect.stringMatching(/WRONGPASS|does not exist/) as string,
      },
    ]);
    expect(JSON.stringify([absent, refused])).not.toContain(SECRET);
  });
}

/** The address with a login that the server does not know. */
export function withRefusedLogin(serverUrl: string): string {
  const url = new URL(serverUrl);
  url.username = 'drover_stranger';
  url.password = SECRET;
  return url.href;
}
