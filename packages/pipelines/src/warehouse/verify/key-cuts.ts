import { identifier } from '@drover/postgres';
import type { KeyRange } from '../key-range.ts';
import type { SourceSide } from './sides.ts';
import type { Subject } from './subject.ts';

/** Into how many parts a range is cut at a time. */
const PARTS = 16;

/**
 * Parts of a range with about as many of the source's rows each, which together cover all of it: what only the
 * target has lies in one of them too, and the ends stay as open as they were. The key must be unique.
 */
export async function cutRange(
  source: SourceSide,
  { plan }: Subject,
  range: KeyRange,
  rows: number,
): Promise<readonly KeyRange[]> {
  const key = plan.key.map((column) => `s.${identifier(column.source.name)}`);
  const named = key.map((column, index) => `${column} as k${index}`);
  const printed = key.map((_, index) => `k${index}::text as k${index}`);
  const step = Math.ceil(rows / PARTS);
  const found = await source.query(
    `select ${printed.join(', ')} from (
       select ${named.join(', ')}, row_number() over (order by ${key.join(', ')}) - 1 as place
       from ${source.dialect.table(plan)} where ${source.dialect.within(plan, range)}
     ) as keys where place > 0 and place % ${step} = 0 order by place`,
  );
  const bounds = found.map((row) => key.map((_, index) => row[`k${index}`] ?? ''));
  const ends = [range.from, ...bounds, range.to];
  return ends.slice(1).map((to, index) => ({ from: ends[index] ?? null, to }));
}
