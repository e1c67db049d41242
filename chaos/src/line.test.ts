import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { until } from '@drover/testkit';
import { describe, expect, test } from 'vitest';
import { type Line, openLine } from './line.ts';

/** A server that says everything again, and a line to it. */
async function echoLine(): Promise<{ line: Line } & AsyncDisposable> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const line = await openLine(`redis://127.0.0.1:${address.port}`);
  return {
    line,
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Caller extends AsyncDisposable {
  readonly socket: Socket;
  heard(): string;
  readonly closed: Promise<void>;
}

async function call(line: Line): Promise<Caller> {
  const { hostname, port } = new URL(line.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => {}).on('close', () => resolve());
  });
  const connected = new Promise((resolve) => {
    socket.on('connect', resolve);
  });
  await Promise.race([connected, closed]);
  return {
    socket,
    heard: () => text,
    closed,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

describe('a line', () => {
  test('passes every byte in order, at any pace', async () => {
    await using echo = await echoLine();
    await using caller = await call(echo.line);
    const text = Array.from({ length: 20_000 }, (_, index) => String(index % 10)).join('');
    caller.socket.write(text);
    await until('all is heard', () => caller.heard().length === text.length);
    echo.line.slow(1);
    caller.socket.write(text);
    await until('all is heard again', () => caller.heard().length === 2 * text.length);
    expect(caller.heard()).toBe(text + text);
  });

  // Mutation: without `resetAndDestroy` in `cut` the caller is never told.
  test('that is cut breaks every connection, and takes new ones', async () => {
    await using echo = await echoLine();
    await using first = await call(echo.line);
    await until('the line has it', () => echo.line.connections === 1);
    expect(echo.line.cut()).toBe(1);
    await first.closed;
    await until('the line has forgotten it', () => echo.line.connections === 0);
    expect(echo.line.cut()).toBe(0);
    await using second = await call(echo.line);
    second.socket.write('again');
    await until('it is heard', () => second.heard() === 'again');
  });

  // Mutation: without `await silence?.given` the word comes through at once.
  test('that is silent takes calls and passes nothing until it is restored', async () => {
    await using echo = await echoLine();
    await using before = await call(echo.line);
    echo.line.silence();
    await using during = await call(echo.line);
    before.socket.write('a');
    during.socket.write('b');
    // A word of a line that is not silent would be back long before.
    await using other = await echoLine();
    await using witness = await call(other.line);
    witness.socket.write('c');
    await until('another line has answered', () => witness.heard() === 'c');
    expect(echo.line.connections).toBe(2);
    expect([before.heard(), during.heard()]).toEqual(['', '']);
    await echo.line.restore();
    await until('both are heard', () => before.heard() === 'a' && during.heard() === 'b');
  });

  // Mutation: without `listener.close()` in `refuse` the call is taken.
  test('that refuses keeps its connections, takes no new ones, and has the same address afterwards', async () => {
    await using echo = await echoLine();
    await using before = await call(echo.line);
    await until('the line has it', () => echo.line.connections === 1);
    const { url } = echo.line;
    echo.line.refuse();
    await using refused = await call(echo.line);
    await refused.closed;
    before.socket.write('still');
    await until('it is heard', () => before.heard() === 'still');
    await echo.line.restore();
    expect(echo.line.url).toBe(url);
    await using after = await call(echo.line);
    after.socket.write('back');
    await until('it is heard', () => after.heard() === 'back');
  });
});
