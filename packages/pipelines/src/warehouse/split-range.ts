import { halfway } from './halfway.ts';
import { keyColumns } from './key-predicate.ts';
import type { SourceTable } from './source-table.ts';
import type { PlannedRange } from './split-keys.ts';

/**
 * Two parts of a range that turned out to be too long: cut at a key that planning noted; where none is left,
 * halfway between its bounds, if these are numbers, days, moments or uuids. None where it cannot be cut.
 */
export function splitRange(
  table: Pick<SourceTable, 'schema' | 'name' | 'columns' | 'key'>,
  planned: PlannedRange,
): readonly PlannedRange[] {
  const { range, cuts, estimatedRows } = planned;
  const place = Math.floor(cuts.length / 2);
  const cut = cuts[place] ?? middleOf(table, planned);
  if (cut === null) return [];
  const before = Math.round((estimatedRows * (place + 1)) / (Math.max(cuts.length, 1) + 1));
  return [
    { range: { from: range.from, to: cut }, cuts: cuts.slice(0, place), estimatedRows: before },
    {
      range: { from: cut, to: range.to },
      cuts: cuts.slice(place + 1),
      estimatedRows: estimatedRows - before,
    },
  ];
}

/** By the first column in which the bounds differ; a bound that ends there stands before the others. */
function middleOf(
  table: Pick<SourceTable, 'schema' | 'name' | 'columns' | 'key'>,
  { range: { from, to } }: PlannedRange,
): readonly string[] | null {
  if (from === null || to === null) return null;
  const place = from.findIndex((value, index) => value !== to[index]);
  const [low, high] = [from[place], to[place]];
  const column = keyColumns(table)[place];
  if (low === undefined || high === undefined || column === undefined) return null;
  const middle = halfway(column.type, low, high);
  return middle === null ? null : [...from.slice(0, place), middle];
}
