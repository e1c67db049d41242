import {
  type AttemptSummary,
  type Difference,
  type ErrorCode,
  isBalanced,
  type Ledger,
  type Migration,
  type ParkedChunk,
  type PartTally,
  type PhaseProgress,
  type PipelineKind,
  type Reject,
  type RejectCount,
  type Run,
  type RunOptions,
  type RunState,
  type Tally,
  type VerificationSummary,
} from '@drover/core';

export type VerificationResult = 'passed' | 'differences' | 'unfinished' | 'not run';

/** What a run did; the same on screen, in the log, as JSON and as Markdown. */
export interface Report {
  readonly migration: string;
  readonly pipeline: PipelineKind;
  readonly run: number;
  readonly kind: Run['kind'];
  readonly state: RunState;
  readonly errorCode: ErrorCode | null;
  /** What the run was limited to; of a verification also which runs it looked at. */
  readonly options: RunOptions;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly elapsedMs: number;
  readonly rounds: number;
  readonly total: Tally;
  /** loaded + rejected + skipped = read */
  readonly balanced: boolean;
  /** From the first data attempt's start to the last one's end; null where nothing was tried. */
  readonly dataMs: number | null;
  /** Source rows over `dataMs`: what moving alone achieved. */
  readonly rowsPerSecond: number;
  /** Source rows over `elapsedMs`: with tables, indexes and verification. */
  readonly overallRowsPerSecond: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly phases: readonly PhaseProgress[];
  readonly attempts: AttemptSummary;
  /** Attempts that failed and were followed by another. */
  readonly retries: number;
  readonly parts: readonly PartTally[];
  readonly parked: readonly ParkedChunk[];
  readonly rejectCounts: readonly RejectCount[];
  /** The first of those that are open. */
  readonly rejects: readonly Reject[];
  readonly verification: VerificationSummary & { readonly result: VerificationResult };
  /** Streams of the source that the run did not look at, as seen at its end; null where nobody looked. */
  readonly outside: readonly string[] | null;
  readonly differences: readonly Difference[];
  /** 0 fine, 1 failed, 3 differences found, 4 parked chunks or rejects remain. */
  readonly exitCode: 0 | 1 | 3 | 4;
}

/** How many rejects and differences a report shows; it counts all. */
const SHOWN = 20;

export async function buildReport(
  ledger: Ledger,
  migration: Migration,
  run: Run,
  seen: { readonly nowMs: number; readonly outside: readonly string[] | null },
): Promise<Report> {
  const [progress, parts, attempts, dataMs, parked, rejectCounts, rejects, found, differences] =
    await Promise.all([
      ledger.progress(run.id),
      ledger.parts(run.id),
      ledger.attempts(run.id),
      ledger.movingTime(run.id),
      ledger.parked(run.id),
      ledger.rejectCounts(run.id),
      ledger.rejects({ runId: run.id, limit: SHOWN, openOnly: true }),
      ledger.verification(run.id),
      ledger.differences({ runId: run.id, limit: SHOWN }),
    ]);
  const elapsedMs = (run.finishedAtMs ?? seen.nowMs) - run.createdAtMs;
  const verification = { ...found, result: resultOf(run, found) };
  return {
    migration: migration.name,
    pipeline: migration.pipeline,
    run: run.id,
    kind: run.kind,
    state: run.state,
    errorCode: run.errorCode,
    options: run.options,
    startedAtMs: run.createdAtMs,
    finishedAtMs: run.finishedAtMs,
    elapsedMs,
    rounds: run.round,
    total: progress.total,
    balanced: isBalanced(progress.total) && parts.every(isBalanced),
    dataMs,
    rowsPerSecond: perSecond(progress.total.read, dataMs),
    overallRowsPerSecond: perSecond(progress.total.read, elapsedMs),
    bytesRead: progress.bytesRead,
    bytesWritten: progress.bytesWritten,
    phases: progress.phases,
    attempts,
    retries: attempts.outcomes.reduce(
      (sum, one) => sum + (one.outcome === 'retry' ? one.count : 0),
      0,
    ),
    parts,
    parked,
    rejectCounts,
    rejects,
    verification,
    outside: seen.outside,
    differences,
    exitCode: exitCodeOf(run, verification.result, parked.length + openRejects(rejectCounts)),
  };
}

function openRejects(counts: readonly RejectCount[]): number {
  return counts.reduce((sum, one) => sum + one.open, 0);
}

function perSecond(rows: number, ms: number | null): number {
  return ms === null || ms <= 0 ? 0 : (rows * 1000) / ms;
}

/** Unfinished is not a pass, and neither is a verification that left chunks out. */
function resultOf(run: Run, found: VerificationSummary): VerificationResult {
  if (!run.phases.includes('verify')) return 'not run';
  if (found.wrong > 0 || found.stale > 0) return 'differences';
  const whole = run.state === 'done' && found.verified === found.chunks && found.uncovered === 0;
  return whole ? 'passed' : 'unfinished';
}

function exitCodeOf(run: Run, verification: VerificationResult, remaining: number): 0 | 1 | 3 | 4 {
  if (run.state !== 'done') return 1;
  if (verification === 'differences') return 3;
  // What a verification could not cover was parked, in this run or in one that it looked at.
  return remaining > 0 || verification === 'unfinished' ? 4 : 0;
}
