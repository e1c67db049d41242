import { targetIdentifier } from './names.ts';
import type { ColumnPlan } from './table-plan.ts';

/** One figure of a column of floats, as SQL aggregates on both sides. */
export interface FloatAggregate {
  readonly figure: FloatFigure;
  /** Over rows `s`. */
  readonly source: string;
  /** Over rows `t`. */
  readonly target: string;
}

export type FloatFigure =
  | 'values'
  | 'finite'
  | 'infinite'
  | 'negativeInfinite'
  | 'huge'
  | 'least'
  | 'greatest'
  | 'sum'
  | 'sumOfSizes';

/** As the servers print them; null where no value was summed or compared. */
export type FloatFigures = Readonly<Record<FloatFigure, string | null>>;

/**
 * By how much two sums may differ, as a share of the sum of sizes, and two extremes, of their size. Servers add
 * in any order, and each addition errs by 2^-53: four million rows stay below.
 */
export const FLOAT_TOLERANCE = 1e-9;

/** The greatest double. What lies beyond is infinite, or NaN. */
const GREATEST = '1.7976931348623157E308';

/** Larger values stay out of the sums, which Postgres would refuse to let overflow. */
const SUMMED = '1E290';

/**
 * What is compared of a column of floats in place of a canonical text. There is none: the versions of Doris print a
 * FLOAT or DOUBLE in different ways, with an exponent or without, shortest or with 17 digits, and have no function
 * that shows its bits. Counts of NaN and of both infinities must be equal, sums and extremes nearly so; values
 * that were exchanged between rows are not seen.
 * @returns null for a column that holds no floats in the target.
 */
export function floatAggregates(column: ColumnPlan): readonly FloatAggregate[] | null {
  if (column.type !== 'FLOAT' && column.type !== 'DOUBLE') return null;
  // Sums of single precision would be of single precision in Postgres.
  const source = figures(`(${column.value})::float8`, (text) => `'${text}'::float8`);
  const target = figures(`CAST(t.${targetIdentifier(column.name)} AS DOUBLE)`, (text) => text);
  return FIGURES.map((figure) => ({ figure, source: source[figure], target: target[figure] }));
}

const FIGURES: readonly FloatFigure[] = [
  'values',
  'finite',
  'infinite',
  'negativeInfinite',
  'huge',
  'least',
  'greatest',
  'sum',
  'sumOfSizes',
];

/**
 * Which figures of the same column differ by more than the tolerance.
 * The numbers are only compared, within a tolerance: that they pass through a double changes nothing.
 */
export function differingFigures(source: FloatFigures, target: FloatFigures): FloatFigure[] {
  const size = Math.max(Number(source.sumOfSizes ?? 0), Number(target.sumOfSizes ?? 0));
  return FIGURES.filter((figure) => {
    const [a, b] = [source[figure], target[figure]];
    if (a === b) return false;
    if (a === null || b === null || COUNTS.has(figure)) return true;
    const scale = figure.startsWith('sum')
      ? size
      : Math.max(Math.abs(Number(a)), Math.abs(Number(b)));
    return !(Math.abs(Number(a) - Number(b)) <= FLOAT_TOLERANCE * scale);
  });
}

const COUNTS: ReadonlySet<FloatFigure> = new Set([
  'values',
  'finite',
  'infinite',
  'negativeInfinite',
  'huge',
]);

/**
 * Comparisons that give the same whether a server holds NaN for greater than all other numbers, as both do, or
 * for neither less nor greater.
 */
function figures(value: string, number: (text: string) => string): Record<FloatFigure, string> {
  const finite = `${value} BETWEEN ${number(`-${GREATEST}`)} AND ${number(GREATEST)}`;
  const summed = `${value} BETWEEN ${number(`-${SUMMED}`)} AND ${number(SUMMED)}`;
  const least = number(`-${GREATEST}`);
  return {
    values: `COUNT(${value})`,
    finite: `COUNT(CASE WHEN ${finite} THEN 1 END)`,
    infinite: `COUNT(CASE WHEN 0 - ${value} < ${least} THEN 1 END)`,
    negativeInfinite: `COUNT(CASE WHEN ${value} < ${least} THEN 1 END)`,
    huge: `COUNT(CASE WHEN ${finite} AND NOT (${summed}) THEN 1 END)`,
    least: `MIN(CASE WHEN ${finite} THEN ${value} END)`,
    greatest: `MAX(CASE WHEN ${finite} THEN ${value} END)`,
    sum: `SUM(CASE WHEN ${summed} THEN ${value} END)`,
    sumOfSizes: `SUM(CASE WHEN ${summed} THEN ABS(${value}) END)`,
  };
}
