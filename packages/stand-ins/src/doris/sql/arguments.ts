import type { Compiled } from './compiled.ts';
import { refused } from './sql-error.ts';

/** Makes a call of one function ready. */
export type Build = (args: readonly Compiled[]) => Compiled;

/** The arguments of a function that takes one. @throws SqlError where it is given another number. */
export function one(name: string, args: readonly Compiled[]): Compiled {
  const [first] = args;
  if (first === undefined || args.length !== 1) throw miscounted(name, args, 1);
  return first;
}

/** The same for two. */
export function two(name: string, args: readonly Compiled[]): readonly [Compiled, Compiled] {
  const [first, second] = args;
  if (first === undefined || second === undefined || args.length !== 2) {
    throw miscounted(name, args, 2);
  }
  return [first, second];
}

/** The same for three. */
export function three(
  name: string,
  args: readonly Compiled[],
): readonly [Compiled, Compiled, Compiled] {
  const [first, second, third] = args;
  if (first === undefined || second === undefined || third === undefined || args.length !== 3) {
    throw miscounted(name, args, 3);
  }
  return [first, second, third];
}

function miscounted(name: string, args: readonly Compiled[], count: number): Error {
  return refused(`${name} takes ${count} arguments and was given ${args.length}`);
}
