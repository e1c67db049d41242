import { type Build, three, two } from './arguments.ts';
import { order } from './compare.ts';
import {
  asCondition,
  type Compiled,
  computed,
  convertTo,
  refuseInvalid,
  unify,
} from './compiled.ts';
import { compare } from './conditions.ts';
import { isText } from './convert.ts';
import { refused } from './sql-error.ts';
import type { ValueType } from './syntax.ts';

/** The first branch whose condition is true; all branches as one type. */
export function choose(
  branches: readonly { readonly when: Compiled; readonly value: Compiled }[],
  otherwise: Compiled,
): Compiled {
  const type = unify([...branches.map(({ value }) => value.type), otherwise.type]);
  const ready = branches.map(({ when, value }) => ({
    holds: asCondition(when),
    value: as(value, type),
  }));
  const last = as(otherwise, type);
  return computed(type, (row) => {
    for (const { holds, value } of ready) if (holds(row) === true) return value.run(row);
    return last.run(row);
  });
}

/** A branch of a choice as the choice's type. */
function as(branch: Compiled, type: ValueType): Compiled {
  if (type.name === 'NULL' || branch.type.name === 'NULL') return branch;
  return isText(type.name) && isText(branch.type.name)
    ? branch
    : convertTo(branch, type, refuseInvalid);
}

/** Functions that pick one of their arguments. */
export const CHOICE_FUNCTIONS: Readonly<Record<string, Build>> = {
  IF: (args) => {
    const [when, value, otherwise] = three('IF', args);
    return choose([{ when, value }], otherwise);
  },
  IFNULL: (args) => coalesce(two('IFNULL', args)),
  NVL: (args) => coalesce(two('NVL', args)),
  COALESCE: coalesce,
  NULLIF: (args) => {
    const [value, other] = two('NULLIF', args);
    const { run } = compare('=', value, other);
    return computed(value.type, (row) => (run(row) === 1n ? null : value.run(row)));
  },
  GREATEST: (args) => extreme(args, 1),
  LEAST: (args) => extreme(args, -1),
};

function coalesce(args: readonly Compiled[]): Compiled {
  if (args.length === 0) throw refused('COALESCE takes arguments');
  const type = unify(args.map((argument) => argument.type));
  const branches = args.map((argument) => as(argument, type));
  return computed(type, (row) => {
    for (const { run } of branches) {
      const value = run(row);
      if (value !== null) return value;
    }
    return null;
  });
}

/** NULL where one of the arguments is. */
function extreme(args: readonly Compiled[], sign: 1 | -1): Compiled {
  if (args.length === 0) throw refused('GREATEST and LEAST take arguments');
  const type = unify(args.map((argument) => argument.type));
  const branches = args.map((argument) => as(argument, type));
  const rank = order(type);
  return computed(type, (row) => {
    const values = branches.map(({ run }) => run(row));
    if (values.includes(null)) return null;
    return values.reduce((best, value) => (rank(value, best) * sign > 0 ? value : best));
  });
}
