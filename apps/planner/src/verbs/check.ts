import { Command } from 'commander';
import { collectFindings } from '../collect-findings.ts';
import { viewMigration } from '../migration-context.ts';
import {
  concurrencyOption,
  type EntityOptions,
  entitiesOf,
  fileOption,
  jsonOption,
  shipsOption,
  tablesOption,
  workersOption,
} from '../options.ts';
import { print, printJson } from '../print.ts';
import { findingsText } from '../views/findings.ts';
import type { MakeVerb } from './verb.ts';

interface CheckOptions extends EntityOptions {
  file: string;
  json: boolean;
  workers: number;
  concurrency: number;
}

export const checkVerb: MakeVerb = (verb) =>
  new Command('check')
    .description('Look at source, target and queue, and say what would go wrong. Writes nothing.')
    .addOption(fileOption())
    .addOption(shipsOption())
    .addOption(tablesOption())
    .addOption(workersOption(2))
    .addOption(concurrencyOption())
    .addOption(jsonOption())
    .action(verb(check));

async function check(options: CheckOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const findings = await collectFindings(view, {
    attemptsAtOnce: Math.max(1, options.workers) * options.concurrency,
    options: entitiesOf(options),
  });
  if (options.json) printJson(findings);
  else print(findingsText(findings));
  return findings.some((finding) => finding.level === 'error') ? 1 : 0;
}
