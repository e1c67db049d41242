import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { DroverError } from '@drover/core';
import { openDatabase, Session } from '@drover/postgres';
import { startTcpProxy, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';

const postgresUrl = inject('postgresUrl');

/** Far less than in production, and enough for a loaded machine to answer in. */
const SOON_MS = 500;
const OPTIONS = { side: 'source', applicationName: 'silent server', connectTimeoutMs: SOON_MS };

const openPool = (url: string) =>
  openDatabase(url, { ...OPTIONS, max: 1, answerTimeoutMs: SOON_MS });

const NO_ANSWER = {
  code: 'CONNECTION_LOST',
  message: expect.stringContaining('no answer within 0.5 s: the connection was dropped.') as string,
};

const backend = async (sql: { query: Session['query'] }) =>
  (await sql.query('select pg_backend_pid() as pid'))[0]?.['pid'];

const sockets = () =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;

describe('a server that says nothing more', () => {
  // Mutation: without `query_timeout` in database.ts the statement hangs.
  test('to a statement of a pool: it fails, and the next one has a connection of its own', async () => {
    await using proxy = await startTcpProxy(postgresUrl);
    await using sql = openPool(proxy.url);
    const before = await backend(sql);
    const hold = proxy.holdAt(`select 'held'`);
    await expect(sql.query(`select 'held'`)).rejects.toMatchObject(NO_ANSWER);
    hold.release();
    expect(await backend(sql)).not.toBe(before);
  });

  // Mutation: without `isLost` in database.ts the answer that comes late is followed by that to a rollback,
  // and the connection goes back to the pool.
  test('within a transaction: nothing is asked of that connection any more', async () => {
    await using proxy = await startTcpProxy(postgresUrl);
    await using sql = openPool(proxy.url);
    let before: string | null | undefined;
    const hold = proxy.holdAt(`select 'held'`);
    const work = sql.transaction(async (transaction) => {
      before = await backend(transaction);
      await transaction.query(`select 'held'`).catch((error: DroverError) => {
        hold.release();
        throw error;
      });
    });
    await expect(work).rejects.toMatchObject(NO_ANSWER);
    expect(await backend(sql)).not.toBe(before);
  });

  // Mutation: without `query_timeout` in client.ts both hang.
  test('once it has let somebody in: opening a session fails, and so does a statement of a pool', async () => {
    await using proxy = await startTcpProxy(postgresUrl);
    const holds = [proxy.holdAt('set client_encoding')];
    await expect(Session.open(proxy.url, OPTIONS)).rejects.toMatchObject(NO_ANSWER);
    await using sql = openPool(proxy.url);
    holds.push(proxy.holdAt('set client_encoding'));
    await expect(sql.query('select 1')).rejects.toMatchObject(NO_ANSWER);
    for (const hold of holds) hold.release();
    expect(await sql.query('select 1 as one')).toEqual([{ one: '1' }]);
  });

  test('at all: opening a session fails', async () => {
    await using proxy = await startTcpProxy(postgresUrl);
    proxy.holdAt('user');
    await expect(Session.open(proxy.url, OPTIONS)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('(timeout expired)') as string,
    });
  });

  // Mutation: without `dropUnlessEnded` in session.ts closing hangs, without that in database.ts a socket
  // stays, and with it a process that has nothing else to do.
  test('to a goodbye: closing ends, and leaves no socket behind', async () => {
    await using line = await startDeafLine(postgresUrl);
    const session = await Session.open(line.url, OPTIONS);
    await session.close();
    const sql = openPool(line.url);
    await backend(sql);
    const open = sockets();
    await sql.close();
    await until('the socket is gone', () => sockets() < open);
  });
});

/** Passes bytes on both ways, but never that one side has ended: to a client, a server that is gone. */
async function startDeafLine(serverUrl: string): Promise<{ url: string } & AsyncDisposable> {
  const { hostname, port } = new URL(serverUrl);
  const ends: Socket[] = [];
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    ends.push(client, server);
    for (const [from, to] of [[client, server] as const, [server, client] as const]) {
      from.on('data', (piece) => to.write(piece));
      from.on('error', () => {});
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(serverUrl);
  url.port = String((listener.address() as AddressInfo).port);
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      for (const end of ends) end.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
