import type { Ledger } from '@drover/core';

/** How often stale chunks are moved and verified again before the run ends with them. */
const MAX_ROUNDS = 3;

/**
 * Closes the run's phase where nothing is left of it, and opens the next; after a verification that found
 * chunks whose source has changed since, opens another round for those. Of several callers one wins.
 * @returns whether this call changed the run's phase.
 */
export async function closePhaseIfOver(ledger: Ledger, runId: number): Promise<boolean> {
  const run = await ledger.findRun(runId);
  if (run === null || run.state !== 'running') return false;
  if (run.phase === 'verify' && (await ledger.reopenStale({ runId, maxRounds: MAX_ROUNDS })) > 0) {
    return true;
  }
  const next = run.phases[run.phases.indexOf(run.phase) + 1] ?? null;
  return ledger.closePhase({ runId, phase: run.phase, next });
}
