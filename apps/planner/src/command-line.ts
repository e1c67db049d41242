import { type DroverError, type ErrorCode, toDroverError } from '@drover/core';
import { Command, CommanderError } from 'commander';
import { cancelVerb } from './verbs/cancel.ts';
import { checkVerb } from './verbs/check.ts';
import { demoVerb } from './verbs/demo.ts';
import { failedVerb } from './verbs/failed.ts';
import { logsVerb } from './verbs/logs.ts';
import { pauseVerb } from './verbs/pause.ts';
import { planVerb } from './verbs/plan.ts';
import { reportVerb } from './verbs/report.ts';
import { resumeVerb } from './verbs/resume.ts';
import { runVerb } from './verbs/run.ts';
import { statusVerb } from './verbs/status.ts';
import type { Verb } from './verbs/verb.ts';
import { verifyVerb } from './verbs/verify.ts';
import { workerVerb } from './verbs/worker.ts';

/** Wrong use or a wrong file; everything else that goes wrong is 1. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'FILE_INVALID',
  'CONFIRMATION_MISSING',
  'RUN_UNFINISHED',
  'RUN_MISSING',
]);

const EXIT_CODES = `
Exit codes: 0 fine, 1 failed, 2 wrong use or wrong file, 3 differences found,
4 parked chunks or rejects remain.`;

/** @returns the exit code. Prints errors itself. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command('drover')
    .description('Moves and reshapes databases in chunks, with a distributed job queue.')
    .option('--debug', 'print the stack of an error')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  const verb: Verb =
    (action) =>
    async (...args) => {
      code = await action(...args);
    };
  for (const make of [
    checkVerb,
    planVerb,
    runVerb,
    workerVerb,
    statusVerb,
    pauseVerb,
    resumeVerb,
    cancelVerb,
    verifyVerb,
    reportVerb,
    failedVerb,
    logsVerb,
    demoVerb,
  ]) {
    const command = make(verb);
    for (const each of [command, ...command.commands]) {
      each.copyInheritedSettings(program).exitOverride();
    }
    program.addCommand(command);
  }
  try {
    await program.parseAsync([...argv]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const failure = toDroverError(error);
    printError(failure, program.opts<{ debug?: boolean }>().debug === true);
    return USAGE_CODES.has(failure.code) ? 2 : 1;
  }
}

function printError(error: DroverError, debug: boolean): void {
  process.stderr.write(`drover: ${error.message}\n`);
  if (error.hint !== '') process.stderr.write(`  What to do: ${error.hint}\n`);
  if (!debug) return;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    process.stderr.write(`${cause.stack}\n`);
  }
}
