import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

/** The command is a program, not a library: it is started as a person would start it. */
const DROVER = fileURLToPath(new URL('../../apps/planner/dist/main.js', import.meta.url));

interface Command {
  readonly child: ChildProcess;
  readonly startedAtMs: number;
  /** Resolves when it has ended with one of the codes wanted. @throws with what it said, where not. */
  ended(codes?: readonly number[]): Promise<void>;
}

/** A migration as a user has it: a folder with its file, worked on by the `drover` command. */
export interface Migration extends AsyncDisposable {
  start(verb: string, ...options: readonly string[]): Command;
}

export function openMigration(file: { readonly [key: string]: unknown }): Migration {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  writeFileSync(join(folder, 'migration.yaml'), stringify(file));
  const running = new Set<ChildProcess>();
  const start = (verb: string, ...options: readonly string[]): Command => {
    const startedAtMs = Date.now();
    const child = spawn(process.execPath, [DROVER, verb, ...options], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = `${said}${text}`.slice(-4000);
      });
    }
    const exit = once(child, 'exit').then(([code]: (number | string | null)[]) => {
      running.delete(child);
      return code;
    });
    return {
      child,
      startedAtMs,
      async ended(codes = [0]) {
        const code = await exit;
        if (typeof code === 'number' && codes.includes(code)) return;
        throw new Error(`drover ${verb} ended with ${code}:\n${said}`);
      },
    };
  };
  return {
    start,
    async [Symbol.asyncDispose]() {
      if (running.size > 0) {
        // A benchmark failed: its workers end with the run.
        await start('cancel', '--yes').ended([0, 1, 2]);
        for (const child of running) child.kill('SIGTERM');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
