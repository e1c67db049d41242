import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '@drover/servers';

/** A way to a server on the loopback that can be shut for a while; its address stays the same. */
export interface Door extends AsyncDisposable {
  /** The server's address with the door in its place. */
  readonly url: string;
  /** From now on nobody gets in, as with a server that is not running, and who is in is thrown out. */
  shut(): Promise<void>;
  /** As `shut`, but who knocks is let in and thrown out at once, and counted. */
  slam(): Promise<void>;
  open(): Promise<void>;
  /** How many knocked since the door was last slammed. */
  readonly knocks: number;
}

/** @returns the door, which is open. */
export async function openDoor(serverUrl: string): Promise<Door> {
  const server = new URL(serverUrl);
  const target = { host: server.hostname, port: Number(server.port) };
  // Not one that the system may hand to somebody who knocks while the door is shut.
  const port = await freePort();
  const inside = new Set<Socket>();
  let listener: Server | null = null;
  let knocks = 0;

  const shut = async () => {
    const closing = listener;
    listener = null;
    if (closing === null) return;
    const closed = once(closing, 'close');
    closing.close();
    for (const socket of inside) socket.destroy();
    await closed;
  };
  const listen = async (onKnock: (client: Socket) => void) => {
    await shut();
    listener = createServer(onKnock);
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
  };
  const open = () =>
    listen((client) => {
      const upstream = connect(target);
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        inside.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          inside.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
  await open();
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    shut,
    async slam() {
      knocks = 0;
      await listen((client) => {
        knocks += 1;
        client.on('error', () => {});
        client.destroy();
      });
    },
    open,
    get knocks() {
      return knocks;
    },
    [Symbol.asyncDispose]: shut,
  };
}
