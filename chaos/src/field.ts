import { type Database, openDatabase } from '@drover/postgres';
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@drover/servers';
import { Redis } from 'ioredis';
import { insistent } from './insist.ts';
import { type Line, openLine } from './line.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** A Postgres, the line by which Drover reaches it, and a way past the line for those who look on. */
export interface Post {
  readonly server: PostgresServer;
  readonly line: Line;
  readonly admin: Database;
}

/** The servers of all rounds. */
export interface Field extends AsyncDisposable {
  readonly source: Post;
  readonly target: Post;
  readonly queue: { readonly server: RedisServer; readonly line: Line; readonly admin: Redis };
  /** Holds the target's databases where it could be made, as tablespace `small`. */
  readonly disk: SmallDisk | { readonly unavailable: string };
}

export const SMALL_TABLESPACE = 'small';

/** Not `drover...`: what carries that name is what the faults hit, and what must be gone in the end. */
const OUR_NAME = 'chaos';

/** @throws with the reason where there is no Redis to be had. */
export async function openField(): Promise<Field> {
  const stack = new AsyncStack();
  try {
    const source = await openPost(stack);
    // Unmounted after the server that uses it has stopped.
    const disks = new AsyncStack();
    stack.push(disks);
    const target = await openPost(stack);
    const queue = await openQueue(stack);
    const disk = await mountSmallDisk(target.server.dataDirectory ?? '');
    if (!('unavailable' in disk)) {
      disks.push(disk);
      await target.admin.query(
        `create tablespace ${SMALL_TABLESPACE} location '${disk.folder.replaceAll("'", "''")}'`,
      );
    }
    return {
      source,
      target,
      queue,
      disk,
      [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
    };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

async function openPost(stack: AsyncStack): Promise<Post> {
  const server = await startPostgres();
  stack.push(server);
  const line = await openLine(server.url);
  stack.push(line);
  const admin = insistent(openOurs(server.url));
  stack.push(admin);
  return { server, line, admin };
}

async function openQueue(stack: AsyncStack): Promise<Field['queue']> {
  const server = await startRedis();
  if ('unavailable' in server) throw new Error(server.unavailable);
  stack.push(server);
  // All its keys will be removed: a server of somebody else's refuses this, and is not for that.
  await server.restart();
  const line = await openLine(server.url);
  stack.push(line);
  const admin = new Redis(server.url, { maxRetriesPerRequest: null });
  admin.on('error', () => {});
  stack.push({ [Symbol.asyncDispose]: async () => admin.disconnect() });
  return { server, line, admin };
}

export function openOurs(url: string): Database {
  return openDatabase(url, { side: OUR_NAME, applicationName: OUR_NAME, max: 3 });
}

/** What was opened last is closed first. */
class AsyncStack implements AsyncDisposable {
  readonly #opened: AsyncDisposable[] = [];

  push(opened: AsyncDisposable): void {
    this.#opened.push(opened);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let last = this.#opened.pop(); last !== undefined; last = this.#opened.pop()) {
      await last[Symbol.asyncDispose]();
    }
  }
}
