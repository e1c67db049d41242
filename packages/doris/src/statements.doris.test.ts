import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Stopped } from '@drover/core';
import { openDoor } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import type { DorisAddress } from './address.ts';
import { openStatements } from './statements.ts';
import { dorisFixture, failureOf } from './testing/doris-fixture.ts';

const OPTIONS = { max: 1, timeoutSeconds: 60 };

/** Lets everybody in, and says nothing. */
async function silentServer() {
  const server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.dispose]: () => void server.close(),
  };
}

/** Statements by way of a door that a test can shut. */
async function behindDoor(address: DorisAddress) {
  const door = await openDoor(`http://127.0.0.1:${address.queryPort}`);
  const queryPort = Number(new URL(door.url).port);
  const statements = openStatements({ ...address, queryPort }, OPTIONS);
  return {
    door,
    statements,
    async [Symbol.asyncDispose]() {
      await statements.close();
      await door[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(inject('dorisUrl') !== null)('statements', () => {
  test('answer with texts, and NULL as null', async () => {
    await using fixture = await dorisFixture();
    const statements = openStatements(fixture.address, OPTIONS);
    expect(
      await statements.query("SELECT 12345678901234567890 AS n, NULL AS nothing, 'ö' AS t"),
    ).toEqual([{ n: '12345678901234567890', nothing: null, t: 'ö' }]);
    await statements.close();
  });

  test('wait for one another above the limit, and an error leaves its connection fit for the next', async () => {
    await using fixture = await dorisFixture();
    const statements = openStatements(fixture.address, OPTIONS);
    const missing = failureOf(statements.query('SELECT * FROM db.missing'));
    const others = Promise.all([1, 2, 3].map((n) => statements.query(`SELECT ${n} AS n`)));
    expect(await missing).toMatchObject({ code: 'UNDEFINED_OBJECT' });
    expect((await others).map(([row]) => row?.['n'])).toEqual(['1', '2', '3']);
    expect(statements.connections).toBe(1);
    await statements.close();
    expect(statements.connections).toBe(0);
  });

  test('go to another frontend where one is away', async () => {
    await using fixture = await dorisFixture();
    const fe = ['http://127.0.0.2:8030', 'http://127.0.0.1:8030'];
    const statements = openStatements({ ...fixture.address, fe }, OPTIONS);
    expect(await statements.query('SELECT 1 AS n')).toEqual([{ n: '1' }]);
    await statements.close();
  });

  test('fail as a refused login where the password is wrong, and hold no connection then', async () => {
    await using fixture = await dorisFixture({ address: { password: 'wrong' } });
    const statements = openStatements(fixture.address, OPTIONS);
    expect(await failureOf(statements.query('SELECT 1'))).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    });
    expect(statements.connections).toBe(0);
    await statements.close();
  });

  test('fail as a lost connection where nobody is there, and go on when somebody is again', async () => {
    await using fixture = await dorisFixture();
    await using way = await behindDoor(fixture.address);
    expect(await way.statements.query('SELECT 1 AS n')).toEqual([{ n: '1' }]);
    await way.door.shut();
    expect(await failureOf(way.statements.query('SELECT 1'))).toMatchObject({
      code: 'CONNECTION_LOST',
    });
    expect(way.statements.connections).toBe(0);
    await way.door.open();
    expect(await way.statements.query('SELECT 1 AS n')).toEqual([{ n: '1' }]);
  });

  test('that are stopped end at once, whatever they wait for', async () => {
    await using fixture = await dorisFixture();
    using silent = await silentServer();
    const statements = openStatements({ ...fixture.address, queryPort: silent.port }, OPTIONS);
    // The first waits for a server that says nothing, the second for the first.
    const stops = [new AbortController(), new AbortController()];
    const asked = stops.map(({ signal }) => failureOf(statements.query('SELECT 1', signal)));
    await pause(50);
    for (const stop of stops) stop.abort(new Stopped('shutdown'));
    expect(await Promise.all(asked)).toEqual([new Stopped('shutdown'), new Stopped('shutdown')]);
    for (const { signal } of stops) expect(getEventListeners(signal, 'abort')).toEqual([]);
    await statements.close();
  });

  test('that are stopped on their way leave no listener, and their connection to nobody', async () => {
    await using fixture = await dorisFixture();
    const statements = openStatements(fixture.address, OPTIONS);
    await statements.query('SELECT 1');
    const stop = new AbortController();
    const asked = failureOf(statements.query('SELECT 1', stop.signal));
    await Promise.resolve();
    stop.abort(new Stopped('paused'));
    expect(await asked).toEqual(new Stopped('paused'));
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    expect(await statements.query('SELECT 2 AS n')).toEqual([{ n: '2' }]);
    const gone = AbortSignal.abort(new Stopped('paused'));
    expect(await failureOf(statements.query('SELECT 1', gone))).toEqual(new Stopped('paused'));
    const kept = new AbortController();
    await statements.query('SELECT 1', kept.signal);
    expect(getEventListeners(kept.signal, 'abort')).toEqual([]);
    await statements.close();
  });
});
