import { type Database, openDatabase } from '@drover/postgres';
import { createSeriesTable, fillSeries } from '@drover/sample-data';
import { count } from '@drover/telemetry';
import { print } from '../print.ts';
import { command, type DemoStage, heading } from './demo.ts';
import { writeDemoMigration } from './demo-migration.ts';
import type { DemoServers } from './demo-servers.ts';
import { spoilOneCell } from './spoil-one-cell.ts';

/** The series lies in the past, so that the demo's figures do not depend on the day. */
const FROM = '2026-01-01 00:00:00';

export interface SeriesSize {
  readonly ships: number;
  readonly minutes: number;
}

/** Narrow rows into wide tables. @returns 0 where the run was verified and the spoiled cell was found. */
export async function showPivot(
  servers: DemoServers,
  { folder, workers: processes, signal }: DemoStage,
  size: SeriesSize,
): Promise<number> {
  await using sql = openDatabase(servers.postgresUrl, {
    side: 'source',
    applicationName: 'drover demo',
    max: 2,
  });
  const workers = ['--workers', String(processes)];
  await fillSource(sql, size);
  if (signal.aborted) return 130;
  heading('The migration file (migration.yaml)');
  print(writeDemoMigration(folder, servers));
  for (const args of [['check'], ['run', ...workers]]) {
    const code = await command(folder, args);
    if (code !== 0 || signal.aborted) return code;
  }
  heading('Is the verification worth anything? One value is changed by a billionth, in secret');
  print(`  ${await spoilOneCell(sql)}`);
  const code = await command(folder, ['verify', ...workers]);
  if (signal.aborted) return 130;
  if (code !== 3) return code === 0 ? 1 : code;
  print('\nFound: `drover verify` names the cell, shows both values, and ends with exit code 3.');
  return 0;
}

async function fillSource(sql: Database, size: SeriesSize): Promise<void> {
  heading('The source: a narrow table, one row for each value');
  await createSeriesTable(sql);
  const rows = await fillSeries(sql, { ...size, from: FROM });
  print(
    `  tenant.tbl_data_timeseries: ${count(rows)} rows; ${size.ships} ships, 1,037 channels each, a sample each 15 seconds for ${size.minutes} minutes, with gaps and late rows`,
  );
}
