import {
  type AttemptKey,
  type Claim,
  type Delivery,
  DroverError,
  type Gate,
  type Host,
  type Ledger,
  type Log,
  type Milestone,
  type MoveContext,
  type Pipeline,
  type Run,
  Stopped,
  toDroverError,
} from '@drover/core';
import type { AttemptsInHand } from './attempts-in-hand.ts';
import { closePhaseIfOver } from './close-phase.ts';
import { type AttemptLimits, type Decision, decide } from './decision.ts';

/** What a worker works with; the same for all its attempts. */
export interface Workshop {
  readonly ledger: Ledger;
  readonly pipeline: Pipeline;
  readonly host: Host;
  readonly log: Log;
  readonly workerId: string;
  readonly limits: AttemptLimits;
  /** Hash of the migration file that this worker has. */
  readonly fileHash: string;
  readonly inHand: AttemptsInHand;
  /** Called when this attempt closed a phase: the next one is to be planned and fed. */
  readonly onPhaseClosed: (runId: number) => void;
  /** Tests wait here; production passes. */
  readonly reached?: (milestone: Milestone, chunkId: number) => Promise<void>;
}

type WonClaim = Extract<Claim, { won: true }>;

const MAX_DIFFERENCES_PER_CHUNK = 1000;

/**
 * Works on one delivery: claims its chunk, moves or verifies it, and sees that the ledger knows how it
 * ended. Returns when the delivery can be acknowledged; throws a DroverError when the attempt failed, after
 * the ledger was told.
 */
export async function executeDelivery(
  shop: Workshop,
  delivery: Delivery,
  lease: AbortSignal,
): Promise<void> {
  const token = shop.host.uuid();
  const applicationName = `drover r${delivery.runId} c${delivery.chunkId} ${token.slice(0, 13)}`;
  const claim = await claimChunk(shop, { ...delivery, token, applicationName });
  const log = shop.log.child({ run: delivery.runId, chunk: delivery.chunkId });
  if (!claim.won) {
    log.debug('nothing to do', { chunkState: claim.chunkState, runState: claim.runState });
    return;
  }
  const run = await shop.ledger.findRun(delivery.runId);
  if (run === null) return;
  const key: AttemptKey = { chunkId: delivery.chunkId, token };
  try {
    await runAttempt(shop, { run, claim, key, applicationName, lease, log });
  } catch (error) {
    await endAttempt(shop, { claim, key, run, error, log });
  }
  // Whoever settles the last chunk of a phase closes it.
  if (await closePhaseIfOver(shop.ledger, run.id)) shop.onPhaseClosed(run.id);
}

async function claimChunk(
  shop: Workshop,
  attempt: Delivery & { token: string; applicationName: string },
): Promise<Claim> {
  const { ledger, host, pipeline, workerId } = shop;
  const request = { ...attempt, workerId, host: host.name, pid: host.pid };
  try {
    const claim = await ledger.claim(request);
    // A frozen process cannot be asked to let go: its sessions are ended for it.
    if (claim.won && claim.superseded.length > 0) await pipeline.evict(claim.superseded);
    return claim;
  } catch (error) {
    if (!(error instanceof DroverError) || error.code !== 'LOCK_TIMEOUT') throw error;
    // An earlier attempt hangs in its closing step and holds the chunk's row.
    await pipeline.evict(await ledger.formerAttempts(attempt.chunkId));
    return ledger.claim(request);
  }
}

interface AttemptAtHand {
  readonly run: Run;
  readonly claim: WonClaim;
  readonly key: AttemptKey;
  readonly applicationName: string;
  readonly lease: AbortSignal;
  readonly log: Log;
}

async function runAttempt(shop: Workshop, attempt: AttemptAtHand): Promise<void> {
  const { run, claim, key, log } = attempt;
  const { ledger, pipeline, host } = shop;
  if (run.fileHash !== shop.fileHash) throw new DroverError('FILE_CHANGED');
  const stop = new AbortController();
  const timer = setTimeout(
    () => stop.abort(new DroverError('CHUNK_TIME_LIMIT')),
    pipeline.timeLimitMs,
  );
  const startedAtMs = host.now();
  const { id: chunkId, phase } = claim.chunk;
  const label = pipeline.describe(claim.chunk.range);
  using inHand = shop.inHand.add({ runId: run.id, chunkId, phase, label, startedAtMs, stop });
  const signal = AbortSignal.any([stop.signal, attempt.lease]);
  const gate: Gate = {
    kind: 'inTransaction',
    fence: (sql) => ledger.fence(sql, key),
    settle: (sql, receipt, rejects) => ledger.settle(sql, { ...key, receipt, rejects }),
  };
  const context: MoveContext = {
    anchor: run.anchor,
    applicationName: attempt.applicationName,
    signal,
    log,
    progress({ rows, bytes }) {
      inHand.rows = rows;
      inHand.bytes = bytes;
    },
    reached: async (milestone) => shop.reached?.(milestone, chunkId),
    gate,
  };
  try {
    if (phase === 'verify') {
      const verdict = await pipeline.verify(claim.chunk, {
        ...context,
        maxDifferences: MAX_DIFFERENCES_PER_CHUNK,
        moved: () => ledger.moved(chunkId),
      });
      if (!(await ledger.settleVerdict({ ...key, verdict }))) throw new Stopped('fenced');
      const { differences, ...counts } = verdict;
      log.info('chunk verified', { label, ...counts, elapsedMs: host.now() - startedAtMs });
    } else {
      const { parts, sourceSnapshot, ...tally } = await pipeline.move(claim.chunk, context);
      log.info('chunk done', { phase, label, ...tally, elapsedMs: host.now() - startedAtMs });
    }
  } catch (error) {
    // What a stopped attempt trips over is the stop, whatever it looks like from inside.
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the ledger how the attempt ended. Throws the error on where the delivery counts as failed. */
async function endAttempt(
  shop: Workshop,
  ended: { claim: WonClaim; key: AttemptKey; run: Run; error: unknown; log: Log },
): Promise<void> {
  const { claim, key, run, log } = ended;
  const error = ended.error instanceof Stopped ? ended.error : toDroverError(ended.error);
  const attempt = { burnt: claim.attempts, limits: shop.limits, random: shop.host.random() };
  const decision = decide(error, attempt);
  const told = await tell(shop, { decision, claim, key, run, error });
  const fields = {
    decision: told ?? 'lost its token',
    label: shop.pipeline.describe(claim.chunk.range),
  };
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
  end: {
    decision: Decision;
    claim: WonClaim;
    key: AttemptKey;
    run: Run;
    error: DroverError | Stopped;
  },
): Promise<Decision['kind'] | null> {
  const { decision, claim, key, run, error } = end;
  const { ledger, pipeline } = shop;
  const why =
    error instanceof DroverError
      ? { errorCode: error.code, errorText: error.message }
      : { errorCode: null, errorText: null };
  const won = (did: boolean) => (did ? decision.kind : null);
  switch (decision.kind) {
    case 'drop':
      return 'drop';
    case 'retry':
      return won(
        await ledger.release({
          ...key,
          ...why,
          event: 'retry',
          reason: 'retry',
          pauseMs: decision.pauseMs,
        }),
      );
    case 'handBack':
      return won(
        await ledger.release({
          ...key,
          ...why,
          event: 'handBack',
          reason: decision.reason,
          pauseMs: decision.pauseMs,
        }),
      );
    case 'park':
      return won(await ledger.release({ ...key, ...why, event: 'park', reason: 'parked' }));
    case 'abort': {
      const did = await ledger.release({
        ...key,
        ...why,
        event: 'handBack',
        reason: 'aborted',
        pauseMs: 0,
      });
      if (error instanceof DroverError) {
        await ledger.changeRun({ runId: run.id, event: 'abort', errorCode: error.code });
      }
      return won(did);
    }
    case 'split': {
      const parts = pipeline.split({ ...claim.chunk, estimatedRows: claim.estimatedRows });
      if (parts.length < 2 || !(error instanceof DroverError)) {
        return tell(shop, { ...end, decision: decision.otherwise });
      }
      return won(await ledger.splitChunk({ ...key, parts, errorCode: error.code }));
    }
  }
}
