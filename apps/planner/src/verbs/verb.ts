import type { Command } from 'commander';

/** Wraps a verb's action so that the exit code it returns becomes that of the process. */
export type Verb = <Args extends readonly unknown[]>(
  action: (...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>;

/** Every file in this folder exports one of these. */
export type MakeVerb = (verb: Verb) => Command;
