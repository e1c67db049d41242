import type { WideTables } from '@drover/testkit';

/** What was compared, and where the two differ; places only, no values. */
export interface Comparison {
  /** Cells of either side; one that both have counts once. */
  readonly cells: number;
  readonly differences: readonly string[];
}

/** Compares to the last cell. A table without rows is as good as none. */
export function compareTables(expected: WideTables, found: WideTables): Comparison {
  const differences: string[] = [];
  let cells = 0;
  for (const table of both(expected, found)) {
    const [wanted, got] = [expected[table] ?? {}, found[table] ?? {}];
    for (const time of both(wanted, got)) {
      const [wantedRow, gotRow] = [wanted[time], got[time]];
      if (wantedRow === undefined || gotRow === undefined) {
        const row = wantedRow === undefined ? 'extra' : 'missing';
        differences.push(`${table} ${time}: the row is ${row}`);
      }
      for (const channel of both(wantedRow ?? {}, gotRow ?? {})) {
        cells += 1;
        if (wantedRow?.[channel] === gotRow?.[channel]) continue;
        differences.push(`${table} ${time} ${JSON.stringify(channel)}`);
      }
    }
  }
  return { cells, differences };
}

const both = (a: object, b: object): readonly string[] => [
  ...new Set([...Object.keys(a), ...Object.keys(b)]),
];
