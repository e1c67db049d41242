import { getEventListeners, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Stopped } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { call, headerValue, upload } from './http.ts';
import { failureOf } from './testing/doris-fixture.ts';

const LOGIN = { user: 'root', password: 'secret' };

/** A server that answers each connection as the test says, and keeps what it was sent. */
async function bareServer(serve: (socket: Socket, received: string) => void) {
  let received = '';
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      received += piece.toString('latin1');
      serve(socket, received);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/api/x`,
    received: () => received,
    async closed() {
      for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const answer = (body: string) =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const signal = () => new AbortController().signal;
const TERMINATOR = '\r\n0\r\n\r\n';

const sent = (
  url: string,
  body: () => AsyncIterable<Uint8Array>,
  of: { signal?: AbortSignal; answerMs?: number } = {},
) =>
  upload(LOGIN, {
    method: 'PUT',
    url,
    headers: { Expect: '100-continue' },
    body,
    signal: of.signal ?? signal(),
    answerMs: of.answerMs ?? 5_000,
    onConnect() {},
  });

describe('a header', () => {
  test('of names beyond ASCII goes out as UTF-8', () => {
    expect(Buffer.from(headerValue('`名`,`ö`'), 'latin1').toString('utf8')).toBe('`名`,`ö`');
  });
});

describe('an upload', () => {
  test('asks for the body only when the server is ready, and ends it properly', async () => {
    let told = false;
    await using server = await bareServer((socket, received) => {
      if (!told && received.includes('\r\n\r\n')) {
        told = true;
        socket.write(CONTINUE);
      }
      if (received.endsWith(TERMINATOR)) socket.write(answer('done'));
    });
    let readyFirst = false;
    const { text, status } = await sent(server.url, async function* () {
      readyFirst = told;
      yield Buffer.from('one');
      yield Buffer.from('two');
    });
    expect({ text, status, readyFirst }).toEqual({ text: 'done', status: 200, readyFirst: true });
    expect(server.received()).toContain('3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n');
  });

  test('that is answered at once never asks for its body', async () => {
    await using server = await bareServer((socket) => socket.write(answer('no')));
    let asked = false;
    const { text } = await sent(server.url, async function* () {
      asked = true;
      yield Buffer.from('x');
    });
    expect(text).toBe('no');
    await server.closed();
    expect(asked).toBe(false);
    expect(server.received()).not.toContain(TERMINATOR);
  });

  test('whose body fails breaks the connection and is never ended: the end would be a commit', async () => {
    await using server = await bareServer((socket, received) => {
      if (received.endsWith('\r\n\r\n')) socket.write(CONTINUE);
    });
    const failure = new Stopped('lease-lost');
    const error = await failureOf(
      sent(server.url, async function* () {
        yield Buffer.from('rows');
        await pause(20);
        throw failure;
      }),
    );
    expect(error).toBe(failure);
    await server.closed();
    expect(server.received()).toContain('rows');
    expect(server.received()).not.toContain(TERMINATOR);
  });

  test('that is stopped breaks the connection, says why, and leaves no listener behind', async () => {
    await using server = await bareServer((socket, received) => {
      if (received.endsWith('\r\n\r\n')) socket.write(CONTINUE);
    });
    const stop = new AbortController();
    const reason = new Stopped('shutdown');
    const error = await failureOf(
      sent(
        server.url,
        async function* () {
          yield Buffer.from('rows');
          stop.abort(reason);
          await pause(50);
          yield Buffer.from('more');
        },
        { signal: stop.signal },
      ),
    );
    expect(error).toBe(reason);
    await server.closed();
    expect(server.received()).not.toContain(TERMINATOR);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  test('reads an answer that comes before the body has ended, and gives up the rest', async () => {
    let told = false;
    await using server = await bareServer((socket, received) => {
      if (received.endsWith('\r\n\r\n') && !told) socket.write(CONTINUE);
      if (received.includes('rows') && !told) {
        told = true;
        socket.write(answer('enough'));
      }
    });
    let ended = false;
    const { text } = await sent(server.url, async function* () {
      try {
        for (;;) {
          yield Buffer.from('rows');
          await pause(1);
        }
      } finally {
        ended = true;
      }
    });
    expect(text).toBe('enough');
    await server.closed();
    await pause(20);
    expect(ended).toBe(true);
    expect(server.received()).not.toContain(TERMINATOR);
  });

  test('does not run ahead of a server that does not read', async () => {
    let yielded = 0;
    await using server = await bareServer((socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return;
      socket.write(CONTINUE);
      socket.pause();
    });
    const stop = new AbortController();
    const error = failureOf(
      sent(
        server.url,
        async function* () {
          for (;;) {
            yielded += 1;
            yield Buffer.alloc(1024 * 1024);
          }
        },
        { signal: stop.signal },
      ),
    );
    await pause(300);
    const before = yielded;
    await pause(200);
    expect(yielded).toBe(before);
    expect(before).toBeLessThan(50);
    stop.abort(new Stopped('paused'));
    expect(await error).toEqual(new Stopped('paused'));
  });

  test('is not waited for longer than an answer may take, where the server never gets ready', async () => {
    await using server = await bareServer(() => {});
    const error = await failureOf(sent(server.url, async function* () {}, { answerMs: 100 }));
    expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
    expect((error as Error).message).toMatch(
      /^target 127\.0\.0\.1:\d+: no answer within 0\.1 s\.$/,
    );
  });
});

describe('an upload that the server is ready for', () => {
  test('may take longer than an answer', async () => {
    await using server = await bareServer((socket, received) => {
      if (received.endsWith('\r\n\r\n') && !received.includes('rows')) socket.write(CONTINUE);
      if (received.endsWith(TERMINATOR)) socket.write(answer('done'));
    });
    const slow = async function* () {
      yield Buffer.from('rows');
      await pause(300);
    };
    expect((await sent(server.url, slow, { answerMs: 100 })).text).toBe('done');
  });
});

describe('a call', () => {
  const get = (url: string, answerMs = 5_000) =>
    call(LOGIN, { method: 'GET', url, signal: signal(), answerMs });

  test('without an answer fails in time, also where one was begun', async () => {
    await using silent = await bareServer(() => {});
    expect(await failureOf(get(silent.url, 100))).toMatchObject({ code: 'CONNECTION_LOST' });
    await using slow = await bareServer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
    );
    expect(await failureOf(get(slow.url, 100))).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('whose answer is cut, or is nobody there to give one, has lost the connection', async () => {
    await using cut = await bareServer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
    );
    expect(await failureOf(get(cut.url))).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await failureOf(get('http://127.0.0.1:1/'))).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('does not keep an answer that is longer than any of Doris', async () => {
    await using server = await bareServer((socket) =>
      socket.write(answer('x'.repeat(5 * 1024 * 1024))),
    );
    expect(await failureOf(get(server.url))).toMatchObject({ code: 'UNSUPPORTED' });
  });

  test('tells where it is sent to instead, and does not go there', async () => {
    await using server = await bareServer((socket) =>
      socket.write(
        'HTTP/1.1 307 Temporary Redirect\r\nLocation: http://root:secret@127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
      ),
    );
    const { status, location } = await get(server.url);
    expect({ status, location }).toEqual({
      status: 307,
      location: 'http://root:secret@127.0.0.1:1/',
    });
  });

  test('to a host that is none of Doris carries no login', async () => {
    await using server = await bareServer((socket) => socket.write(answer('')));
    await call(null, { method: 'GET', url: server.url, signal: signal(), answerMs: 5_000 });
    expect(server.received().toLowerCase()).not.toContain('authorization');
  });
});
