import type { Build } from './arguments.ts';
import { CHOICE_FUNCTIONS } from './choices.ts';
import type { Compiled } from './compiled.ts';
import { NUMBER_FUNCTIONS } from './number-functions.ts';
import { notKnown } from './sql-error.ts';
import { TEXT_FUNCTIONS } from './text-functions.ts';

const FUNCTIONS = new Map<string, Build>(
  Object.entries({ ...CHOICE_FUNCTIONS, ...NUMBER_FUNCTIONS, ...TEXT_FUNCTIONS }),
);

/** A call of a function that works on one row. @throws SqlError for one that the stand-in does not know. */
export function callFunction(name: string, args: readonly Compiled[]): Compiled {
  const build = FUNCTIONS.get(name);
  if (build === undefined) throw notKnown(`the function ${name}`);
  return build(args);
}
