import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Signal, signal } from './milestones.ts';

interface Hold {
  readonly pattern: Buffer;
  readonly arrived: Signal;
  readonly release: Signal;
}

/**
 * A network between a client and a server on the loopback that can be held up, slowed and cut. It is how
 * a test stops another process at a known place without that process knowing.
 */
export interface TcpProxy extends AsyncDisposable {
  /** The server's address with the proxy in its place. */
  readonly url: string;
  /**
   * Holds the first connection whose client sends these bytes, from before they are passed on until
   * `release`. Other connections go on.
   */
  holdAt(pattern: string): { readonly arrived: Promise<void>; release: () => void };
  /**
   * From now on every piece arrives this much later, each way, as over a longer line: pieces on their way
   * do not wait for one another, so throughput stays what the windows of the two ends allow.
   */
  delay(latencyMs: number): void;
  /** Breaks every connection there is. */
  cut(): void;
  /** Bytes that clients sent through it so far. */
  readonly bytesSent: number;
}

/** What a line holds at most, each way. Source: the largest receive window of Linux by default, tcp_rmem. */
const MAX_BYTES_ON_THE_WAY = 6 * 1024 * 1024;

export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  const server = new URL(serverUrl);
  const target = { host: server.hostname, port: Number(server.port) };
  const holds: Hold[] = [];
  const sockets = new Set<Socket>();
  let latencyMs = 0;
  let bytesSent = 0;

  const pass = async (from: Socket, to: Socket, watch: boolean): Promise<void> => {
    let tail = Buffer.alloc(0);
    const line = new DelayLine(to);
    from.on('close', () => {
      // Over a long line what was sent before the end still arrives.
      if (latencyMs === 0) to.destroy();
      else void line.end().finally(() => to.destroy());
    });
    try {
      for await (const piece of from) {
        const bytes = piece as Buffer;
        if (watch) {
          bytesSent += bytes.length;
          const seen = Buffer.concat([tail, bytes]);
          const index = holds.findIndex(({ pattern }) => seen.includes(pattern));
          const [hold] = index === -1 ? [] : holds.splice(index, 1);
          hold?.arrived.give();
          await hold?.release.given;
          tail = seen.subarray(-64);
        }
        await line.put(bytes, latencyMs);
      }
      await line.end();
      to.end();
    } catch {
      // A broken side breaks the other: that is what a cut is.
      to.destroy();
    }
  };

  const listener: Server = createServer((client) => {
    const upstream = connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
    }
    void pass(client, upstream, true);
    void pass(upstream, client, false);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${address.port}`;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    holdAt(pattern) {
      const hold = { pattern: Buffer.from(pattern), arrived: signal(), release: signal() };
      holds.push(hold);
      return { arrived: hold.arrived.given, release: hold.release.give };
    },
    delay(ms) {
      latencyMs = ms;
    },
    cut,
    get bytesSent() {
      return bytesSent;
    },
    async [Symbol.asyncDispose]() {
      for (const hold of holds) hold.release.give();
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Pieces on their way to a socket, in order, each due at its own time. */
class DelayLine {
  readonly #to: Socket;
  readonly #pieces: { readonly bytes: Buffer; readonly dueMs: number }[] = [];
  #bytes = 0;
  #busy = false;
  #delivering: Promise<void> = Promise.resolve();
  #makeRoom: () => void = () => {};

  constructor(to: Socket) {
    this.#to = to;
  }

  /** Resolves when there is room for the next piece; without latency when this one has been written. */
  async put(bytes: Buffer, latencyMs: number): Promise<void> {
    this.#pieces.push({ bytes, dueMs: performance.now() + latencyMs });
    this.#bytes += bytes.length;
    if (!this.#busy) {
      this.#busy = true;
      this.#delivering = this.#deliver();
    }
    if (latencyMs === 0) await this.#delivering;
    if (this.#bytes <= MAX_BYTES_ON_THE_WAY) return;
    const room = new Promise<void>((resolve) => {
      this.#makeRoom = resolve;
    });
    await Promise.race([room, this.#delivering]);
  }

  /** Resolves when everything has been written. */
  async end(): Promise<void> {
    await this.#delivering;
  }

  async #deliver(): Promise<void> {
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      const waitMs = piece.dueMs - performance.now();
      if (waitMs > 0) await pause(Math.ceil(waitMs));
      this.#bytes -= piece.bytes.length;
      if (this.#bytes <= MAX_BYTES_ON_THE_WAY) this.#makeRoom();
      // A socket that closes does not drain any more: what is left goes nowhere.
      if (this.#to.destroyed) {
        this.#pieces.length = 0;
        this.#bytes = 0;
      } else if (!this.#to.write(piece.bytes)) await drained(this.#to);
    }
    this.#busy = false;
  }
}

/** Resolves when the socket takes more, or never will. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
