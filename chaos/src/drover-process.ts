import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A built `drover` command in a process of its own. */
export interface DroverProcess {
  /** Which one it is, as in `worker-3`. */
  readonly name: string;
  readonly pid: number;
  /** Resolves with its exit code, or with the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** null while it runs. */
  readonly code: number | string | null;
  /** What we sent last to end it; null where it was left alone. */
  readonly endedBy: NodeJS.Signals | null;
  /** By SIGSTOP. */
  readonly frozen: boolean;
  signal(name: NodeJS.Signals): boolean;
}

/** Where all that a command prints goes; in the folder of its migration. */
export const PRINTED = 'printed';

/** A worker finishes what it has in hand for up to 30 s, and hands back the rest. */
const PATIENCE_MS = 45_000;

/** How it ended; null where it has not, although there was time enough. */
export async function endOf(one: DroverProcess): Promise<number | string | null> {
  const over = new AbortController();
  const late = pause(PATIENCE_MS, null, { signal: over.signal }).catch(() => null);
  const code = await Promise.race([one.ended, late]);
  over.abort();
  return code;
}

export function startDrover(
  program: string,
  of: { name: string; folder: string; args: readonly string[] },
): DroverProcess {
  mkdirSync(join(of.folder, PRINTED), { recursive: true });
  // Into a file, not a pipe: what a killed process had written is kept, and nobody has to read it.
  const out = openSync(join(of.folder, PRINTED, `${of.name}.txt`), 'a');
  const child = spawn(process.execPath, [program, ...of.args], {
    cwd: of.folder,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${of.name} could not be started`);
  let code: number | string | null = null;
  let endedBy: NodeJS.Signals | null = null;
  let frozen = false;
  const ended = once(child, 'exit').then(([exitCode, signal]: (number | string | null)[]) => {
    code = signal ?? exitCode ?? 'unknown';
    return code;
  });
  return {
    name: of.name,
    pid,
    ended,
    get code() {
      return code;
    },
    get endedBy() {
      return endedBy;
    },
    get frozen() {
      return frozen;
    },
    signal(name) {
      if (name === 'SIGSTOP') frozen = true;
      else if (name === 'SIGCONT') frozen = false;
      else endedBy = name;
      return child.kill(name);
    },
  };
}
