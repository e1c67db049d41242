import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Difference, Ledger } from '@drover/core';
import type { Report } from '@drover/engine';
import { stringify } from 'csv-stringify/sync';

/** More than a person reads; the ledger has all that were named, the report how many there are. */
const MOST = 100_000;

const COLUMNS = ['kind', 'stale', 'key', 'source', 'target'];

/**
 * Writes what a run verified as `{migration}-run-{number}.json` (what was covered, and the result) and `.csv`
 * (the differences, one a line, both values). The same run's earlier ones are replaced.
 * @returns their paths; none where the run verifies nothing.
 */
export async function writeVerification(
  ledger: Ledger,
  report: Report,
  folder: string,
): Promise<readonly string[]> {
  const { migration, run, verification, outside, options } = report;
  if (verification.result === 'not run') return [];
  const differences = await ledger.differences({ runId: run, limit: MOST });
  mkdirSync(folder, { recursive: true });
  const base = join(folder, `${migration}-run-${run}`);
  const summary = { migration, run, options, outside, ...verification };
  writeFileSync(`${base}.json`, `${JSON.stringify(summary, null, 2)}\n`);
  writeFileSync(`${base}.csv`, stringify([COLUMNS, ...differences.map(fields)]));
  return [`${base}.json`, `${base}.csv`];
}

function fields({ kind, stale, key, source, target }: Difference): (string | null)[] {
  return [kind, String(stale), JSON.stringify(key), source, target];
}
