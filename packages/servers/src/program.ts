import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from './environment.ts';
import { canReach, type ServerUser } from './server-user.ts';

export interface ProgramOptions {
  /** Null: ourselves. */
  readonly user?: ServerUser | null;
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** After this the program is ended and counts as failed. Two minutes unless told. */
  readonly timeoutMs?: number;
  /** Told the process id at once. */
  onStart?(pid: number): void;
}

/**
 * Runs a program to its end and returns what it wrote to standard output.
 *
 * @throws with the program, its arguments and the end of what it wrote to standard error, if it cannot be run, fails,
 *   or takes too long.
 */
export async function runProgram(
  program: string,
  programArguments: readonly string[],
  options: ProgramOptions = {},
): Promise<string> {
  const running = execFileEnd(program, programArguments, {
    ...options.user,
    cwd: options.folder,
    env: childEnvironment(options.environment),
    timeout: options.timeoutMs ?? 120_000,
    maxBuffer: 16 * 1024 * 1024,
  });
  if (running.child.pid !== undefined) options.onStart?.(running.child.pid);
  try {
    return (await running).stdout;
  } catch (error) {
    const said = outputOf(error);
    const command = [program, ...programArguments].join(' ');
    throw new Error(`${command} failed: ${said === '' ? String(error) : said}`, { cause: error });
  }
}

/** The path of the program called `name` in the first of `folders` that holds one. */
export async function findProgram(
  folders: readonly string[],
  name: string,
  user: ServerUser | null,
): Promise<string | null> {
  for (const folder of folders) {
    if (await isProgram(join(folder, name), user)) return join(folder, name);
  }
  return null;
}

/** Whether `path` is a file that `user` may execute. */
export async function isProgram(path: string, user: ServerUser | null): Promise<boolean> {
  return (await canReach(user, path)) && (await stat(path)).isFile();
}

const execFileEnd = promisify(execFile);

function outputOf(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return (stderr.trim() || stdout.trim()).slice(-4_000);
}
