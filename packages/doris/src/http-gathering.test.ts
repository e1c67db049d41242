import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { upload } from './http.ts';

/** Takes one upload, with all that a server of the library does to read it. */
async function takingServer() {
  const pieces: Buffer[] = [];
  const take = (request: IncomingMessage, response: ServerResponse) => {
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => response.end('{}'));
    response.writeContinue();
  };
  const server = createServer().on('checkContinue', take);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}/api/x`;
  return {
    received: () => Buffer.concat(pieces),
    send: (body: () => AsyncIterable<Uint8Array>) =>
      upload(
        { user: 'root', password: '' },
        {
          method: 'PUT',
          url,
          headers: { Expect: '100-continue' },
          body,
          signal: new AbortController().signal,
          answerMs: 5_000,
          onConnect() {},
        },
      ),
    [Symbol.dispose]: () => void server.close(),
  };
}

test('pieces of any length arrive complete and in their order', async () => {
  using server = await takingServer();
  const lengths = [1, 8_192, 0, 300_000, 262_144, 5, 262_143, 1, ...Array(200).fill(11_000), 3];
  const pieces = lengths.map((length: number, at) => Buffer.alloc(length, at));
  await server.send(async function* () {
    yield* pieces;
  });
  expect(server.received().equals(Buffer.concat(pieces))).toBe(true);
});

test('what has come of a slow source goes out, though more is to come', async () => {
  using server = await takingServer();
  const waited: string[] = [];
  await server.send(async function* () {
    for (const piece of ['one ', 'two ']) {
      yield Buffer.from(piece);
      for (let waits = 0; waits < 100 && !server.received().includes(piece); waits += 1) {
        await pause(10);
      }
      waited.push(server.received().toString());
    }
  });
  expect(waited).toEqual(['one ', 'one two ']);
});
