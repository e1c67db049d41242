import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { childEnvironment } from './environment.ts';
import { type ServerUser, temporaryRoot } from './server-user.ts';

/**
 * Creates a temporary folder that belongs to `user` and does not outlive this process, together
 * with a guardian for it.
 *
 * The guardian is a shell that waits for the end of its input, which the system brings about
 * however this process ends: by itself, by a signal, by an uncaught error or by SIGKILL. It then
 * ends the server that runs in the folder and removes the folder. Signal handlers of ours could
 * not do the last of these, and would stand in the way of those that the program has.
 *
 * @param prefix start of the folder's name.
 */
export async function createServerFolder(
  prefix: string,
  user: ServerUser | null,
): Promise<ServerFolder> {
  const path = await mkdtemp(join(await temporaryRoot(user), prefix));
  if (user !== null) await chown(path, user.uid, user.gid);
  // Detached: Ctrl-C reaches every process of the terminal's group, and this one must outlive ours.
  const guardian = spawn('/bin/sh', ['-c', guardianScript, 'drover-guardian', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: childEnvironment(),
  });
  await once(guardian, 'spawn');
  return new ServerFolder(path, guardian);
}

/** A temporary folder with a guardian. See {@link createServerFolder}. */
export class ServerFolder {
  readonly path: string;
  readonly #guardian: ChildProcess;

  constructor(path: string, guardian: ChildProcess) {
    this.path = path;
    this.#guardian = guardian;
    guardian.unref();
    if (guardian.stdin instanceof Socket) guardian.stdin.unref();
    guardian.stdin?.on('error', () => {}); // a guardian that somebody killed guards no more
  }

  /** Says which process works in the folder now; null: none does. */
  watch(pid: number | null): void {
    if (this.#guardian.stdin?.writable) this.#guardian.stdin.write(`${pid ?? ''}\n`);
  }

  /** Removes the folder and dismisses the guardian. The server must have ended. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
    if (this.#guardian.exitCode !== null || this.#guardian.signalCode !== null) return;
    const gone = once(this.#guardian, 'exit');
    this.#guardian.ref();
    this.#guardian.stdin?.end();
    await gone;
  }
}

// SIGINT is a quick and orderly end to PostgreSQL and Redis alike, SIGQUIT an immediate one. In a
// container whose first process does not collect orphans, the server stays behind as a zombie.
const guardianScript = `
PATH=$PATH:/usr/bin:/bin
runs() { kill -0 "$1" && ! grep -qs '^State:.*zombie' "/proc/$1/status"; }
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ] && kill -INT "$pid"; then
  turn=0
  while runs "$pid" && [ "$turn" -lt 100 ]; do sleep 0.1; turn=$((turn + 1)); done
  if runs "$pid"; then kill -QUIT "$pid"; sleep 1; fi
fi
rm -rf "$1"
`;
