import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@drover/postgres';
import { createSeriesTable, fillSeries } from '@drover/sample-data';
import { count } from '@drover/telemetry';
import { Command } from 'commander';
import { writeDemoMigration } from '../demo/demo-migration.ts';
import { type DemoServers, startDemoServers } from '../demo/demo-servers.ts';
import { runCommand } from '../demo/run-command.ts';
import { spoilOneCell } from '../demo/spoil-one-cell.ts';
import { positiveNumber } from '../options.ts';
import { print } from '../print.ts';
import type { MakeVerb } from './verb.ts';

interface DemoOptions {
  ships: number;
  minutes: number;
  workers: number;
  keep: boolean;
}

/** The series lies in the past, so that the demo's figures do not depend on the day. */
const FROM = '2026-01-01 00:00:00';

export const demoVerb: MakeVerb = (verb) =>
  new Command('demo')
    .description(
      'Show a migration on servers of its own: ship data into wide tables, verified to the cell.',
    )
    .option('--ships <number>', 'ships in the narrow table', positiveNumber, 4)
    .option('--minutes <number>', 'length of the series', positiveNumber, 60)
    .option('--workers <number>', 'worker processes', positiveNumber, 2)
    .option('--keep', 'leave the servers running until Ctrl+C, to look around', false)
    .action(verb(demo));

async function demo(options: DemoOptions): Promise<number> {
  const interrupted = new AbortController();
  // The command in hand hears the same signal and stops cleanly; what comes after it is left out.
  const onSignal = () => interrupted.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const folder = mkdtempSync(join(tmpdir(), 'drover-demo-'));
  try {
    heading('Servers, on free ports of this machine, only for the demo');
    await using servers = await startDemoServers();
    for (const origin of servers.origins) print(`  ${origin}`);
    const code = await show(servers, folder, options, interrupted.signal);
    if (options.keep && !interrupted.signal.aborted)
      await keep(servers, folder, interrupted.signal);
    return interrupted.signal.aborted && !options.keep ? 130 : code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** @returns 0 where the run was verified and the spoiled cell was found. */
async function show(
  servers: DemoServers,
  folder: string,
  options: DemoOptions,
  signal: AbortSignal,
): Promise<number> {
  await using sql = openDatabase(servers.postgresUrl, {
    side: 'source',
    applicationName: 'drover demo',
    max: 2,
  });
  const workers = ['--workers', String(options.workers)];
  await fillSource(sql, options);
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

async function fillSource(sql: Database, options: DemoOptions): Promise<void> {
  heading('The source: a narrow table, one row for each value');
  await createSeriesTable(sql);
  const rows = await fillSeries(sql, { ...options, from: FROM });
  print(
    `  tenant.tbl_data_timeseries: ${count(rows)} rows; ${options.ships} ships, 1,037 channels each, a sample each 15 seconds for ${options.minutes} minutes, with gaps and late rows`,
  );
}

function command(folder: string, args: readonly string[]): Promise<number> {
  heading(`$ drover ${args.join(' ')}`);
  return runCommand(folder, args);
}

async function keep(servers: DemoServers, folder: string, signal: AbortSignal): Promise<void> {
  heading('Kept until Ctrl+C');
  print(`  Postgres  ${servers.postgresUrl}`);
  print(`  queue     ${servers.queueUrl}`);
  print(`  folder    ${folder}  (cd there and try \`drover status\`)`);
  const alive = setInterval(() => {}, 60_000);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  clearInterval(alive);
}

function heading(text: string): void {
  print(`\n${text}`);
}
