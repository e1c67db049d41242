import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Signal, signal } from '@drover/testkit';

/** A network between Drover and one server, with the ways in which networks fail. */
export interface Line extends AsyncDisposable {
  /** The server's address with the line in its place; stays the same. */
  readonly url: string;
  /** Connections there are now. */
  readonly connections: number;
  /** From now on every slice of 4 kB, each way, takes this much longer. 0: as fast as it goes. */
  slow(sliceMs: number): void;
  /** Breaks every connection there is. @returns how many. */
  cut(): number;
  /** Connections are kept, and new ones accepted, but nothing passes any more, either way. */
  silence(): void;
  /** The door is shut: whoever calls is refused. Connections there are go on. */
  refuse(): void;
  /** What was silent or shut passes again. */
  restore(): Promise<void>;
}

const SLICE_BYTES = 4096;

/** Somebody else may have the port for a moment: systems hand out any that is free. */
const LISTEN_TRIES = 100;
const LISTEN_PAUSE_MS = 100;

export async function openLine(serverUrl: string): Promise<Line> {
  const server = new URL(serverUrl);
  const far = { host: server.hostname, port: Number(server.port) };
  const ends = new Map<Socket, Socket>();
  let sliceMs = 0;
  let silence: Signal | null = null;

  async function* atOurPace(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      const step = sliceMs > 0 ? SLICE_BYTES : piece.length;
      for (let at = 0; at < piece.length; at += step) {
        if (sliceMs > 0) await pause(sliceMs);
        await silence?.given;
        yield piece.subarray(at, at + step);
      }
    }
  }
  // A side that breaks breaks the other: there is nobody to tell.
  const pass = (from: Socket, to: Socket) => void pipeline(from, atOurPace, to).catch(() => {});

  const listener = createServer((near) => {
    const distant = connect(far);
    ends.set(near, distant);
    near.on('close', () => ends.delete(near));
    for (const socket of [near, distant]) socket.setNoDelay(true).on('error', () => {});
    pass(near, distant);
    pass(distant, near);
  });
  const port = await listen(listener, 0);
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${port}`;
  const cut = () => {
    const broken = [...ends];
    for (const pair of broken) for (const socket of pair) socket.resetAndDestroy();
    return broken.length;
  };
  const speak = () => {
    silence?.give();
    silence = null;
  };
  return {
    url: url.href,
    get connections() {
      return ends.size;
    },
    slow(ms) {
      sliceMs = ms;
    },
    cut,
    silence() {
      silence ??= signal();
    },
    refuse() {
      listener.close();
    },
    async restore() {
      speak();
      if (!listener.listening) await listen(listener, port);
    },
    async [Symbol.asyncDispose]() {
      speak();
      cut();
      if (!listener.listening) return;
      listener.close();
      await once(listener, 'close');
    },
  };
}

async function listen(listener: Server, port: number): Promise<number> {
  for (let left = LISTEN_TRIES; ; left -= 1) {
    try {
      listener.listen(port, '127.0.0.1');
      await once(listener, 'listening');
      break;
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || left === 0) throw error;
      await pause(LISTEN_PAUSE_MS);
    }
  }
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the line has no port');
  return address.port;
}
