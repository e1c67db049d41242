import {
  type AttemptKey,
  DroverError,
  ERROR_TABLE,
  hintsAtOutage,
  type Log,
  type ReleaseEvent,
  type Run,
  Stopped,
  toDroverError,
} from '@drover/core';
import type { AttemptInHand } from './attempts-in-hand.ts';
import { type Decision, decide } from './decision.ts';
import type { WonClaim, Workshop } from './workshop.ts';

interface EndedAttempt {
  readonly run: Run;
  readonly claim: WonClaim;
  readonly key: AttemptKey;
  readonly inHand: AttemptInHand;
}

/** Tells the ledger how the attempt ended. Throws the error on where the delivery counts as failed. */
export async function endAttempt(
  shop: Workshop,
  ended: EndedAttempt & { error: unknown; log: Log },
): Promise<void> {
  const { claim, inHand, log } = ended;
  const error = ended.error instanceof Stopped ? ended.error : toDroverError(ended.error);
  if (error instanceof DroverError && ERROR_TABLE[error.code].slowsDown === true) {
    const { startedAtMs } = inHand;
    shop.congestion.refused({ startedAtMs, inHand: shop.inHand.count });
  }
  const decision = decide(error, {
    burnt: claim.attempts,
    storeAway: hintsAtOutage(error) && (await shop.breaker.look()),
    outages: claim.outages,
    limits: shop.limits,
    random: shop.host.random(),
  });
  const told = await tell(shop, { ...ended, error }, decision);
  const fields = { decision: told ?? 'lost its token', label: inHand.label };
  if (error instanceof Stopped) {
    log.info('chunk handed back', { ...fields, reason: error.reason });
    return;
  }
  const { code, message, hint, context } = error;
  log.error('chunk failed', { ...fields, code, error: message, hint, context });
  throw error;
}

/** @returns what was written, or null where the ledger no longer listens to this token. */
async function tell(
  shop: Workshop,
  ended: EndedAttempt & { error: DroverError | Stopped },
  decision: Decision,
): Promise<Decision['kind'] | null> {
  const { claim, key, run, inHand, error } = ended;
  const { ledger, pipeline } = shop;
  const release = (how: ReleaseEvent & { reason: string }) =>
    ledger.release({
      ...key,
      errorCode: error instanceof DroverError ? error.code : null,
      errorText: error instanceof DroverError ? error.message : null,
      rows: inHand.rows,
      bytes: inHand.bytes,
      ...how,
    });
  const won = (did: boolean) => (did ? decision.kind : null);
  switch (decision.kind) {
    case 'drop':
      return 'drop';
    case 'retry': {
      const { pauseMs } = decision;
      return won(await release({ event: 'retry', reason: 'retry', pauseMs }));
    }
    case 'handBack': {
      const { pauseMs, reason } = decision;
      return won(await release({ event: 'handBack', reason, pauseMs }));
    }
    case 'park':
      return won(await release({ event: 'park', reason: 'parked' }));
    case 'abort': {
      const did = await release({ event: 'handBack', reason: 'aborted', pauseMs: 0 });
      if (error instanceof DroverError) {
        await ledger.changeRun({ runId: run.id, event: 'abort', errorCode: error.code });
      }
      return won(did);
    }
    case 'split': {
      const parts = pipeline.split({ ...claim.chunk, estimatedRows: claim.estimatedRows });
      if (parts.length < 2 || !(error instanceof DroverError)) {
        return tell(shop, ended, decision.otherwise);
      }
      return won(await ledger.splitChunk({ ...key, parts, errorCode: error.code }));
    }
  }
}
