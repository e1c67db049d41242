import type { ColumnPlan } from '../table-plan.ts';

/**
 * How far apart two floats may be, in parts of the greater: a few steps in the last of the digits that every
 * version of Doris prints, which are fewer than tell each float from all others.
 */
const TOLERANCE = { double: 1e-14, float: 1e-6 } as const;

/**
 * Whether values of a column without exact text are the same as far as both sides can tell: floats as numbers,
 * within a tolerance; of all others only NULL can be told from not NULL.
 */
export function sameLoosely(
  column: ColumnPlan,
  source: string | null,
  target: string | null,
): boolean {
  if (source === null || target === null) return source === target;
  if (!isFloat(column)) return true;
  const [a, b] = [Number(source), Number(target)];
  if (Object.is(a, b) || a === b) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  const tolerance = column.type === 'FLOAT' ? TOLERANCE.float : TOLERANCE.double;
  return Math.abs(a - b) <= Math.max(Math.abs(a), Math.abs(b)) * tolerance;
}

/** Floats have no text in common, but are numbers on both sides. */
export function isFloat({ type }: ColumnPlan): boolean {
  return type === 'FLOAT' || type === 'DOUBLE';
}
