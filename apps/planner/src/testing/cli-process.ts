import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The built command, as a person starts it. */
const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface CliResult {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

/** A `drover` command in a process of its own; killed when disposed. */
export interface CliProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  signal(name: NodeJS.Signals): void;
  /** Its exit code, or the name of the signal that ended it, and all that it printed. */
  readonly ended: Promise<CliResult>;
}

export interface CliOptions {
  readonly cwd: string;
  /** Variables above those of the `.env` file, as a shell would set them. */
  readonly environment?: Readonly<Record<string, string>>;
}

export function startCli(args: readonly string[], options: CliOptions): CliProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) => ({
    code: signal ?? code ?? 'unknown',
    out,
    err,
  }));
  return {
    child,
    out: () => out,
    err: () => err,
    signal: (name) => child.kill(name),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs a command to its end. */
export const runCli = (args: readonly string[], options: CliOptions): Promise<CliResult> =>
  startCli(args, options).ended;
