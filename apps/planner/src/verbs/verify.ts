import { runsToVerify, startRun } from '@drover/engine';
import { openDrover, systemHost } from '@drover/worker';
import { Command } from 'commander';
import { openCommandLog } from '../command-log.ts';
import {
  concurrencyOption,
  fileOption,
  jsonOption,
  logsOption,
  reportsOption,
  runOption,
  shipsOption,
  workersOption,
} from '../options.ts';
import { watchRun } from '../watch-run.ts';
import type { MakeVerb } from './verb.ts';

interface VerifyOptions {
  file: string;
  ships?: string[];
  run?: number;
  workers: number;
  concurrency: number;
  logs: string;
  reports: string;
  json: boolean;
}

export const verifyVerb: MakeVerb = (verb) =>
  new Command('verify')
    .description('Compare source and target, down to the cell. Exit code 3 where they differ.')
    .addOption(fileOption())
    .addOption(shipsOption())
    .addOption(runOption())
    .addOption(workersOption(0))
    .addOption(concurrencyOption())
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(jsonOption())
    .action(verb(verify));

async function verify(options: VerifyOptions): Promise<number> {
  await using log = openCommandLog('verify', options.logs);
  await using drover = await openDrover({ file: options.file, log });
  const verifies = await runsToVerify(drover.ledger, drover.migration, options.run ?? null);
  const created = await startRun(
    { ...drover, log },
    {
      kind: 'verification',
      phases: ['verify'],
      options: { verifies, ...(options.ships === undefined ? {} : { entities: options.ships }) },
    },
  );
  return await watchRun(drover, created, { ...options, host: systemHost });
}
