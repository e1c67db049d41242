import { print } from '../print.ts';
import { runCommand } from './run-command.ts';

/** What a demo is shown with. */
export interface DemoStage {
  /** A folder of its own, removed at the end. */
  readonly folder: string;
  readonly workers: number;
  /** Aborted by Ctrl+C: the command in hand stops cleanly, what comes after it is left out. */
  readonly signal: AbortSignal;
}

export function heading(text: string): void {
  print(`\n${text}`);
}

/** Runs a command of Drover as a person would, on the same terminal. @returns its exit code. */
export function command(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  heading(`$ drover ${args.join(' ')}`);
  return runCommand(folder, args, env);
}
