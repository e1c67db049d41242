import {
  DroverError,
  type GivenWork,
  type Ledger,
  type Log,
  type Migration,
  type Phase,
  type Pipeline,
  type Run,
  type RunKind,
  type RunOptions,
} from '@drover/core';

export interface StartParts {
  readonly ledger: Ledger;
  readonly pipeline: Pipeline;
  readonly migration: Migration;
  readonly loaded: { readonly text: string; readonly hash: string };
  readonly log: Log;
}

/**
 * Opens a run: resolves what must not change any more, and puts it into the ledger. From here on the
 * coordinators do the rest.
 * @throws DroverError RUN_UNFINISHED
 */
export async function startRun(
  parts: StartParts,
  run: { kind: RunKind; phases: readonly Phase[]; options: RunOptions; given?: GivenWork },
): Promise<Run> {
  const { ledger, pipeline, migration, loaded, log } = parts;
  const unfinished = await ledger.latestRun({
    migrationId: migration.id,
    unfinished: true,
    kind: run.kind,
  });
  if (unfinished !== null) throw unfinishedRun(unfinished);
  const alone = pipeline.exclusive && run.kind !== 'verification';
  if (alone) {
    const others = await ledger.unfinishedRuns(migration.id);
    const other = others.find((one) => one.kind !== 'verification');
    if (other !== undefined) throw unfinishedRun(other);
  }
  const [cutoffs, watermarks, unsettled] = await Promise.all([
    ledger.cutoffs(migration.id),
    ledger.watermarks(migration.id),
    ledger.unsettled(migration.id),
  ]);
  const { kind, options } = run;
  const opening = await pipeline.open({
    log,
    migrationId: migration.id,
    kind,
    options,
    cutoffs,
    watermarks,
    unsettled,
  });
  return ledger.createRun({
    migrationId: migration.id,
    ...run,
    // Once more, as opening takes a while.
    alone,
    fileText: loaded.text,
    fileHash: loaded.hash,
    anchor: opening.anchor,
    // A verification looks at what is there; it decides nothing about where backfill ends.
    cutoffs: run.kind === 'full' ? opening.cutoffs : new Map(),
  });
}

function unfinishedRun(run: Run): DroverError {
  return new DroverError('RUN_UNFINISHED', {
    message: `Run ${run.id} of this migration is ${run.state} (phase ${run.phase}).`,
  });
}

/** The runs whose data a verification looks at, newest first. */
export async function runsToVerify(
  ledger: Ledger,
  migration: Migration,
  runId: number | null,
): Promise<readonly number[]> {
  const runs = await ledger.runs({ migrationId: migration.id });
  const chosen = runs.filter(
    (run) => (runId === null || run.id === runId) && run.phases.includes('data'),
  );
  if (chosen.length > 0) return chosen.map((run) => run.id);
  throw new DroverError('RUN_MISSING', {
    message:
      runId === null
        ? 'Nothing of this migration was moved yet.'
        : `This migration has no run ${runId} that moved data.`,
  });
}
