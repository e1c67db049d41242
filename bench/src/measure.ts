import { count, table } from '@drover/telemetry';

/** Milliseconds of wall time. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Runs the candidates in turn, round by round, and gives each one's best time: the least disturbed one. */
export async function bestOf(
  rounds: number,
  candidates: { readonly [name: string]: () => Promise<unknown> },
): Promise<Record<string, number>> {
  const best: Record<string, number> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(candidates)) {
      const ms = await timed(work);
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, ms);
    }
  }
  return best;
}

/** A figure, what it should be, and whether it is. */
export interface Result {
  readonly what: string;
  readonly figure: string;
  readonly wanted: string;
  readonly met: boolean;
}

export const atLeast = (what: string, ratio: number, bound: number): Result => ({
  what,
  figure: `${ratio.toFixed(2)} x`,
  wanted: `at least ${bound} x`,
  met: ratio >= bound,
});

export const atMost = (what: string, value: number, bound: number, unit: string): Result => ({
  what,
  figure: `${value.toFixed(unit === 'x' ? 2 : 1)} ${unit}`,
  wanted: `at most ${bound} ${unit}`,
  met: value <= bound,
});

export function resultTable(results: readonly Result[]): string {
  return table(
    ['what', 'measured', 'wanted', ''],
    results.map((one) => [one.what, one.figure, one.wanted, one.met ? 'met' : 'NOT MET']),
  );
}

/** Rows a second, for a table. */
export const rate = (rows: number, ms: number): string => count(Math.round((rows * 1000) / ms));
