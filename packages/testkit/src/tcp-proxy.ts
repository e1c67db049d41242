import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
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
  /** Adds this much to every piece, each way. */
  delay(ms: number): void;
  /** Breaks every connection there is. */
  cut(): void;
  /** Bytes that clients sent through it so far. */
  readonly bytesSent: number;
}

export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  const server = new URL(serverUrl);
  const target = { host: server.hostname, port: Number(server.port) };
  const holds: Hold[] = [];
  const sockets = new Set<Socket>();
  let delayMs = 0;
  let bytesSent = 0;

  const pass = async (from: Socket, to: Socket, watch: boolean): Promise<void> => {
    let tail = Buffer.alloc(0);
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
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        if (!to.write(bytes)) await once(to, 'drain');
      }
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
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
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
      delayMs = ms;
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
