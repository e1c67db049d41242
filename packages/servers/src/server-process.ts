import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { childEnvironment } from './environment.ts';
import { errorMessage } from './error-message.ts';
import type { ServerFolder } from './server-folder.ts';
import type { ServerUser } from './server-user.ts';

/** How to start and end a server. */
export interface ServerPlan {
  readonly name: string;
  readonly program: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Null: ourselves. */
  readonly user: ServerUser | null;
  /** Where the server works; guarded while it runs. */
  readonly folder: ServerFolder;
  /** What the server's log says once it accepts connections. */
  readonly readyText: string;
  /** Asks the server to end. */
  readonly endSignal: NodeJS.Signals;
  /** Makes the server end, when asking did not help within `graceMs`. */
  readonly forceSignal: NodeJS.Signals;
  readonly graceMs: number;
  arguments(port: number): readonly string[];
}

/** A server that was started and was ready. It may have ended by itself since. */
export interface ServerProcess {
  /** Ends the process and resolves when it is gone; at once, if it already was. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** A server did not become ready. The message holds the end of its log. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly portIsTaken: boolean;

  constructor(message: string, log: string, cause: unknown) {
    super(`${message}; the end of its log:\n${log.trim().slice(-4_000)}`, { cause });
    this.portIsTaken = /address already in use/i.test(log);
  }
}

/**
 * Starts the server on `port` of 127.0.0.1 and resolves when its log says that it is ready and it
 * accepts a connection. From then on it does not keep the event loop alive.
 *
 * @throws StartFailure if it ends first or is not ready within a minute; nothing runs then.
 */
export async function startServerProcess(plan: ServerPlan, port: number): Promise<ServerProcess> {
  // Detached, so that Ctrl-C does not end the server under a program that still winds down with it.
  const child = spawn(plan.program, plan.arguments(port), {
    ...plan.user,
    cwd: plan.folder.path,
    env: childEnvironment(plan.environment),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('exit', () => plan.folder.watch(null));
  const log = new ServerLog([child.stdout, child.stderr], plan.readyText);
  try {
    plan.folder.watch(child.pid ?? null);
    await firstOf(log.ready, ended(child), startTimeoutMs);
    await acceptsConnection(port);
  } catch (error) {
    if (child.kill(plan.forceSignal)) await exited;
    const message = `${plan.name} (${plan.program}) did not start on port ${port}: ${errorMessage(error)}`;
    throw new StartFailure(message, log.text, error);
  }
  child.unref();
  return { end: (signal) => end(plan, child, exited, signal) };
}

const startTimeoutMs = 60_000;

/** Reads what a server writes, so that it never blocks on a full pipe, and keeps the end of it. */
class ServerLog {
  text = '';
  readonly ready: Promise<void>;

  constructor(streams: readonly Readable[], readyText: string) {
    this.ready = new Promise((resolve) => {
      for (const stream of streams) {
        if (stream instanceof Socket) stream.unref();
        stream.setEncoding('utf8').on('data', (part: string) => {
          this.text = (this.text + part).slice(-16_384);
          if (this.text.includes(readyText)) resolve();
        });
      }
    });
  }
}

/** Rejects when the process cannot be run or has ended and all it wrote was read. */
async function ended(child: ChildProcess): Promise<never> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  throw new Error(signal === null ? `it ended with exit code ${code}` : `it ended by ${signal}`);
}

async function firstOf(ready: Promise<void>, failed: Promise<never>, timeoutMs: number) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ready after ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([ready, failed, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function acceptsConnection(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

async function end(
  { forceSignal, graceMs }: ServerPlan,
  child: ChildProcess,
  exited: Promise<void>,
  signal: NodeJS.Signals,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  child.kill(signal);
  const timer = setTimeout(() => child.kill(forceSignal), graceMs);
  await exited;
  clearTimeout(timer);
}
