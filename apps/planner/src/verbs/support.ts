import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DroverError, parseDuration } from '@drover/core';
import { fileStamp, table } from '@drover/telemetry';
import { Command, Option } from 'commander';
import {
  dryRunOption,
  fileOption,
  jsonOption,
  lengthOfTime,
  logsOption,
  reportsOption,
} from '../options.ts';
import { print, printJson } from '../print.ts';
import { collectSupport, type Support } from '../support/collect-support.ts';
import { SECTIONS } from '../support/sections.ts';
import { plural } from '../views/plural.ts';
import type { MakeVerb } from './verb.ts';

interface SupportVerbOptions {
  file: string;
  output: string;
  logs: string;
  reports: string;
  wait: string;
  dryRun: boolean;
  json: boolean;
}

export const supportVerb: MakeVerb = (verb) =>
  new Command('support')
    .description(
      'Write one text file with all that is needed to help you, without secrets. Works also when nothing else does.',
    )
    .addOption(fileOption())
    .option('--output <folder>', 'folder of the file', 'support')
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(
      new Option('--wait <length>', 'how long a server may keep silent')
        .argParser(lengthOfTime)
        .default('30s'),
    )
    .addOption(dryRunOption('list the sections; write nothing'))
    .addOption(jsonOption())
    .action(verb(support));

async function support(options: SupportVerbOptions): Promise<number> {
  if (options.dryRun) {
    const sections = SECTIONS.map(({ title, holds }) => ({ title, holds }));
    if (options.json) printJson({ file: null, sections });
    else
      print(
        table(
          ['section', 'what it holds'],
          sections.map(({ title, holds }) => [title, holds]),
        ),
      );
    return 0;
  }
  const limitMs = Number((parseDuration(options.wait) ?? 0n) / 1000n);
  const collected = await collectSupport(SECTIONS, options, limitMs);
  const file = write(collected, options.output);
  if (options.json) printJson({ file, sections: collected.sections });
  else print(farewell(file, collected));
  // A silent server still has a connection, which would keep this process for as long as it is silent.
  if (collected.late) process.exit(0);
  return 0;
}

/** @throws DroverError FILE_INVALID where the folder takes no file. */
function write({ name, madeAt, text }: Support, folder: string): string {
  const file = join(folder, `drover-support-${name}-${fileStamp(madeAt)}.txt`);
  try {
    mkdirSync(folder, { recursive: true });
    // For nobody else on this machine: it tells a lot, if no secret.
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new DroverError('FILE_INVALID', {
      message: `The support file ${file} cannot be written (${String(error.code)}).`,
      hint: 'Name another folder with --output <folder>.',
      cause: error,
    });
  }
  return file;
}

function farewell(file: string, { sections }: Support): string {
  const empty = sections.filter(({ error }) => error !== null).length;
  return [
    file,
    ...(empty === 0
      ? []
      : [
          `${plural(empty, 'section')} of ${sections.length} could not be filled; the file says why.`,
        ]),
    'Passwords were taken out. Names of hosts, users, tables and streams are in it: look through it before you send it.',
  ].join('\n');
}
