import type { RejectRecord } from '@drover/core';
import { count } from '@drover/telemetry';
import { Command, Option } from 'commander';
import { stringify } from 'csv-stringify/sync';
import { viewMigration } from '../migration-context.ts';
import {
  concurrencyOption,
  dryRunOption,
  graceOption,
  jsonOption,
  logsOption,
  positiveNumber,
  progressOption,
  reportsOption,
  statisticsCsvOption,
  statisticsOption,
  verificationOption,
  workersOption,
} from '../options.ts';
import { writeOutput } from '../output.ts';
import { note, print, printJson } from '../print.ts';
import { addRejectOptions, type RejectOptions, rejectsOf } from '../reject-filter.ts';
import { replayRejects } from '../replay-rejects.ts';
import { plural } from '../views/plural.ts';
import { keyText } from '../views/report-remains.ts';
import type { MakeVerb } from './verb.ts';

const allOption = () => new Option('--all', 'also those that a replay has closed').default(false);

export const rejectsVerb: MakeVerb = (verb) =>
  new Command('rejects')
    .description('Rows that were set aside: list, export or replay them.')
    .addCommand(
      addRejectOptions(
        new Command('list').description('List rows that were set aside, each with its reason.'),
      )
        .addOption(allOption())
        .option('--limit <number>', 'at most so many', positiveNumber, 50)
        .addOption(jsonOption())
        .action(verb(list)),
    )
    .addCommand(
      addRejectOptions(
        new Command('export').description(
          'Write the rows that were set aside, with all that is known.',
        ),
      )
        .addOption(allOption())
        .addOption(
          new Option('--format <form>', 'a table, or one JSON object a line')
            .choices(['csv', 'json'])
            .default('csv'),
        )
        .option('--output <file>', 'write it there; by default it is printed')
        .action(verb(exportRejects)),
    )
    .addCommand(
      addRejectOptions(
        new Command('replay').description(
          'Move the ranges of rejects again, after a fix of the data or of the migration file: what is good now is loaded, and the rejects are closed.',
        ),
      )
        .addOption(workersOption(0))
        .addOption(concurrencyOption())
        .addOption(graceOption())
        .addOption(dryRunOption('say what would be moved again'))
        .addOption(logsOption())
        .addOption(reportsOption())
        .addOption(verificationOption())
        .addOption(progressOption())
        .addOption(statisticsOption())
        .addOption(statisticsCsvOption())
        .addOption(jsonOption())
        .action(verb(replayRejects)),
    );

async function list(options: RejectOptions & { limit: number; json: boolean }): Promise<number> {
  await using view = await viewMigration(options.file);
  const shown: RejectRecord[] = [];
  let all = 0;
  let open = 0;
  for await (const reject of rejectsOf(view, options)) {
    all += 1;
    if (reject.closedAtMs === null) open += 1;
    if (shown.length < options.limit) shown.push(reject);
  }
  if (options.json) printJson({ count: all, open, rejects: shown });
  else if (all === 0) print('No reject is open.');
  else {
    for (const reject of shown) print(rejectText(reject));
    if (all > shown.length) print(`... and ${count(all - shown.length)} more`);
    print(
      `\n${plural(all, 'reject')}, ${count(open)} open. After a fix, \`drover rejects replay\` moves them again.`,
    );
  }
  return open === 0 ? 0 : 4;
}

function rejectText(reject: RejectRecord): string {
  const closed = reject.closedAtMs === null ? '' : ', closed';
  return `${reject.id} (run ${reject.runId}${closed}) ${reject.rule}: ${keyText(reject.key)}\n  ${reject.reason}`;
}

async function exportRejects(
  options: RejectOptions & { format: 'csv' | 'json'; output?: string },
): Promise<number> {
  await using view = await viewMigration(options.file);
  const lines: string[] = [];
  if (options.format === 'csv') lines.push(csvLine(COLUMNS));
  let written = 0;
  for await (const reject of rejectsOf(view, options)) {
    written += 1;
    lines.push(
      options.format === 'csv' ? csvLine(csvFields(reject)) : `${JSON.stringify(reject)}\n`,
    );
  }
  writeOutput(lines.join(''), options.output);
  note(`drover: ${plural(written, 'reject')} written.`);
  return 0;
}

const COLUMNS = ['id', 'run', 'chunk', 'rule', 'column', 'reason', 'rows', 'closed', 'key', 'row'];

const csvLine = (fields: readonly string[]): string => stringify([[...fields]]);

function csvFields(reject: RejectRecord): string[] {
  return [
    String(reject.id),
    String(reject.runId),
    String(reject.chunkId),
    reject.rule,
    reject.column ?? '',
    reject.reason,
    String(reject.rows),
    reject.closedAtMs === null ? '' : new Date(reject.closedAtMs).toISOString(),
    JSON.stringify(reject.key),
    reject.row === null ? '' : JSON.stringify(reject.row),
  ];
}
