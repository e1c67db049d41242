import { table } from '@drover/telemetry';
import { rate, timed } from './measure.ts';

/** Times of two ways to do the same, in milliseconds, taken in turn: those of one place lay close together. */
interface Pairs {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** How much longer theirs took, pair by pair; the middle one of them counts. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
}

/** What else the machine does then disturbs both alike. Each of the two is first in every other pair. */
export async function inPairs(
  rounds: number,
  of: { readonly ours: () => Promise<unknown>; readonly theirs: () => Promise<unknown> },
): Promise<Pairs> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) ours.push(await timed(of.ours));
    theirs.push(await timed(of.theirs));
    if (round % 2 === 1) ours.push(await timed(of.ours));
  }
  return pairsOf(ours, theirs);
}

export function pairsOf(ours: readonly number[], theirs: readonly number[]): Pairs {
  const ratios = ours.map((ms, at) => (theirs[at] ?? 0) / ms);
  return {
    ours,
    theirs,
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

export function pairsTable(
  rows: number,
  pairs: Pairs,
  names: { readonly ours: string; readonly theirs: string },
): string {
  const line = (name: string, all: readonly number[]) => [
    name,
    seconds(median(all)),
    rate(rows, median(all)),
    all.map(seconds).join('  '),
  ];
  const { ratio, lowest, highest } = pairs;
  return `${table(
    ['way', 'seconds, median', 'rows/s', 'all rounds, s'],
    [line(names.theirs, pairs.theirs), line(names.ours, pairs.ours)],
  )}\n\nPair by pair ${ratio.toFixed(2)} x, from ${lowest.toFixed(2)} x to ${highest.toFixed(2)} x.`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);
