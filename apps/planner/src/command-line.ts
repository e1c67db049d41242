import { type DroverError, type ErrorCode, toDroverError } from '@drover/core';
import { Command, CommanderError } from 'commander';
import type { MakeVerb, Verb } from './verbs/verb.ts';

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

/** The verbs in the order of the help. Each is loaded when it is called: `status` needs nothing of the queue. */
const VERBS: ReadonlyMap<string, () => Promise<MakeVerb>> = new Map([
  ['check', async () => (await import('./verbs/check.ts')).checkVerb],
  ['plan', async () => (await import('./verbs/plan.ts')).planVerb],
  ['run', async () => (await import('./verbs/run.ts')).runVerb],
  ['worker', async () => (await import('./verbs/worker.ts')).workerVerb],
  ['status', async () => (await import('./verbs/status.ts')).statusVerb],
  ['pause', async () => (await import('./verbs/pause.ts')).pauseVerb],
  ['resume', async () => (await import('./verbs/resume.ts')).resumeVerb],
  ['cancel', async () => (await import('./verbs/cancel.ts')).cancelVerb],
  ['throttle', async () => (await import('./verbs/throttle.ts')).throttleVerb],
  ['verify', async () => (await import('./verbs/verify.ts')).verifyVerb],
  ['sync', async () => (await import('./verbs/sync.ts')).syncVerb],
  ['report', async () => (await import('./verbs/report.ts')).reportVerb],
  ['failed', async () => (await import('./verbs/failed.ts')).failedVerb],
  ['reprocess', async () => (await import('./verbs/reprocess.ts')).reprocessVerb],
  ['rejects', async () => (await import('./verbs/rejects.ts')).rejectsVerb],
  ['logs', async () => (await import('./verbs/logs.ts')).logsVerb],
  ['support', async () => (await import('./verbs/support.ts')).supportVerb],
  ['demo', async () => (await import('./verbs/demo.ts')).demoVerb],
]);

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
  for (const load of verbsFor(argv)) {
    const make = await load();
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

/** The verb that is called; all of them where help is wanted, or where nothing is called rightly. */
function verbsFor(argv: readonly string[]): readonly (() => Promise<MakeVerb>)[] {
  const called = VERBS.get(argv.slice(2).find((word) => !word.startsWith('-')) ?? '');
  return called === undefined ? [...VERBS.values()] : [called];
}

function printError(error: DroverError, debug: boolean): void {
  process.stderr.write(`drover: ${error.message}\n`);
  if (error.hint !== '') process.stderr.write(`  What to do: ${error.hint}\n`);
  if (!debug) return;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    process.stderr.write(`${cause.stack}\n`);
  }
}
