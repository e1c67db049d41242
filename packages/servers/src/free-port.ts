import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A TCP port that nobody listens on at 127.0.0.1 right now. Somebody else may take it before you
 * do, so be ready to ask again.
 *
 * It comes from below the range that systems hand out to outgoing connections (from 32768 on
 * Linux, 49152 on macOS): while a server on a port of that range restarts, a client that
 * reconnects in a loop can be given the port as its own, connect to itself, and keep the server
 * out. Where that range is taken, the system chooses.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = await listenBriefly(randomInt(15_000, 30_000));
    if (port !== null) return port;
  }
  const port = await listenBriefly(0);
  if (port === null) throw new Error('no free TCP port on 127.0.0.1');
  return port;
}

async function listenBriefly(wanted: number): Promise<number | null> {
  const server = createServer();
  server.listen(wanted, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return null; // taken, or reserved by the system: either way not ours
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : null;
}
