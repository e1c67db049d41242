import {
  differingFigures,
  FLOAT_TOLERANCE,
  type FloatFigures,
  floatAggregates,
} from '../float-aggregates.ts';
import type { ColumnPlan } from '../table-plan.ts';
import type { TargetRow } from '../target-sql.ts';
import type { Dialect } from './dialect.ts';
import type { Extra } from './hashed-rows.ts';

/** What digests tell of a column of floats. */
export interface FloatDigest {
  readonly figures: FloatFigures;
  /**
   * The sum of the values, each times a share of 1 that its row's key stands for: values that were exchanged
   * between rows show in it. null where there is nothing to sum, and in a table without a key.
   */
  readonly weighted: string | null;
}

/** Larger values stay out of sums, which Postgres would refuse to let overflow. */
const SUMMED = '1E290';

/** Smaller values have no share that Postgres could tell from 0: it refuses products that underflow. */
const LEAST_SHARED = '1E-290';

/** What the digest of a column of floats needs of each row. */
export function floatInputs(dialect: Dialect, column: ColumnPlan, index: number): Extra[] {
  const name = dialect.column(column);
  return [
    { name, sql: `${dialect.alias}.${name}` },
    { name: doubleName(index), sql: dialect.double(column) },
  ];
}

/** @param hash of the key; null where rows have none. */
export function floatMeasures(
  dialect: Dialect,
  column: ColumnPlan,
  index: number,
  hash: string | null,
): string[] {
  const figures = (floatAggregates(column) ?? []).map(
    (aggregate, at) => `${aggregate[dialect.side]} AS ${figureName(index, at)}`,
  );
  if (hash === null) return figures;
  const value = `${dialect.alias}.${doubleName(index)}`;
  return [
    ...figures,
    `SUM(CASE WHEN ${value} BETWEEN -${LEAST_SHARED} AND ${LEAST_SHARED} THEN 0 WHEN ${value} BETWEEN -${SUMMED} AND ${SUMMED} THEN ${value} * (${dialect.share(hash)}) END) AS ${weightedName(index)}`,
  ];
}

export function parseFloatDigest(row: TargetRow, column: ColumnPlan, index: number): FloatDigest {
  const figures = Object.fromEntries(
    (floatAggregates(column) ?? []).map(({ figure }, at) => [
      figure,
      row[figureName(index, at)] ?? null,
    ]),
  ) as FloatFigures;
  return { figures, weighted: row[weightedName(index)] ?? null };
}

/** Whether columns of floats differ by more than the order of additions can make them. */
export function floatsDiffer(source: FloatDigest, target: FloatDigest): boolean {
  if (differingFigures(source.figures, target.figures).length > 0) return true;
  if (source.weighted === null || target.weighted === null) {
    return source.weighted !== target.weighted;
  }
  const size = Math.max(Number(source.figures.sumOfSizes), Number(target.figures.sumOfSizes));
  return Math.abs(Number(source.weighted) - Number(target.weighted)) > FLOAT_TOLERANCE * size;
}

function doubleName(index: number): string {
  return `drover_d${index}`;
}

/** By number: Postgres would make small letters of a figure's name. */
function figureName(index: number, figure: number): string {
  return `f${index}_${figure}`;
}

function weightedName(index: number): string {
  return `f${index}_weighted`;
}
