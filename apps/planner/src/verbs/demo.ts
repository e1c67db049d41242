import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command } from 'commander';
import { heading } from '../demo/demo.ts';
import { type DemoServers, startDemoServers } from '../demo/demo-servers.ts';
import { showPivot } from '../demo/show-pivot.ts';
import { showWarehouse } from '../demo/show-warehouse.ts';
import { positiveNumber } from '../options.ts';
import { print } from '../print.ts';
import type { MakeVerb } from './verb.ts';

interface DemoOptions {
  ships: number;
  minutes: number;
  workers: number;
  keep: boolean;
}

export const demoVerb: MakeVerb = (verb) =>
  new Command('demo')
    .description('Show a migration on servers of its own, verified to the last value.')
    .addArgument(
      new Argument(
        '[pipeline]',
        'pivot: ship data into wide tables; warehouse: tables into Apache Doris, or what stands in for it',
      )
        .choices(['pivot', 'warehouse'])
        .default('pivot'),
    )
    .option('--ships <number>', 'pivot: ships in the narrow table', positiveNumber, 4)
    .option('--minutes <number>', 'pivot: length of the series', positiveNumber, 60)
    .option('--workers <number>', 'worker processes', positiveNumber, 2)
    .option('--keep', 'leave the servers running until Ctrl+C, to look around', false)
    .action(verb(demo));

async function demo(pipeline: 'pivot' | 'warehouse', options: DemoOptions): Promise<number> {
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
    const { workers } = options;
    const stage = { folder, workers, signal: interrupted.signal };
    const code =
      pipeline === 'pivot'
        ? await showPivot(servers, stage, options)
        : await showWarehouse(servers, stage);
    if (options.keep && !interrupted.signal.aborted)
      await keep(servers, folder, interrupted.signal);
    return interrupted.signal.aborted && !options.keep ? 130 : code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
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
