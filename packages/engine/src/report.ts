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
  type Reject,
  type Run,
  type RunState,
  type Tally,
  type VerificationSummary,
} from '@drover/core';

export type VerificationResult = 'passed' | 'differences' | 'unfinished' | 'not run';

/** What a run did; the same on screen, in the log, as JSON and as Markdown. */
export interface Report {
  readonly migration: string;
  readonly run: number;
  readonly kind: Run['kind'];
  readonly state: RunState;
  readonly errorCode: ErrorCode | null;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly elapsedMs: number;
  readonly rounds: number;
  readonly total: Tally;
  /** loaded + rejected + skipped = read */
  readonly balanced: boolean;
  readonly rowsPerSecond: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly phases: readonly PhaseProgress[];
  readonly attempts: AttemptSummary;
  readonly parts: readonly PartTally[];
  readonly parked: readonly ParkedChunk[];
  readonly rejectCounts: readonly { rule: string; rejects: number; rows: number }[];
  readonly rejects: readonly Reject[];
  readonly verification: VerificationSummary & { readonly result: VerificationResult };
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
  nowMs: number,
): Promise<Report> {
  const [progress, parts, attempts, parked, rejectCounts, rejects, found, differences] =
    await Promise.all([
      ledger.progress(run.id),
      ledger.parts(run.id),
      ledger.attempts(run.id),
      ledger.parked(run.id),
      ledger.rejectCounts(run.id),
      ledger.rejects({ runId: run.id, limit: SHOWN }),
      ledger.verification(run.id),
      ledger.differences({ runId: run.id, limit: SHOWN }),
    ]);
  const elapsedMs = (run.finishedAtMs ?? nowMs) - run.createdAtMs;
  const verification = { ...found, result: resultOf(run, found) };
  return {
    migration: migration.name,
    run: run.id,
    kind: run.kind,
    state: run.state,
    errorCode: run.errorCode,
    startedAtMs: run.createdAtMs,
    finishedAtMs: run.finishedAtMs,
    elapsedMs,
    rounds: run.round,
    total: progress.total,
    balanced: isBalanced(progress.total) && parts.every(isBalanced),
    rowsPerSecond: elapsedMs === 0 ? 0 : (progress.total.read * 1000) / elapsedMs,
    bytesRead: progress.bytesRead,
    bytesWritten: progress.bytesWritten,
    phases: progress.phases,
    attempts,
    parts,
    parked,
    rejectCounts,
    rejects,
    verification,
    differences,
    exitCode: exitCodeOf(run, verification.result, parked.length + rejectCounts.length),
  };
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
  return remaining > 0 ? 4 : 0;
}
