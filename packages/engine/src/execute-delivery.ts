import { setTimeout as pause } from 'node:timers/promises';
import {
  type AttemptKey,
  type Claim,
  type Delivery,
  DroverError,
  type Gate,
  type Log,
  type MoveContext,
  type Run,
  Stopped,
} from '@drover/core';
import { AttemptPace } from './attempt-pace.ts';
import type { AttemptInHand } from './attempts-in-hand.ts';
import { closePhaseIfOver } from './close-phase.ts';
import { endAttempt } from './end-attempt.ts';
import { TimeLimit } from './time-limit.ts';
import type { WonClaim, Workshop } from './workshop.ts';

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
  try {
    await makeAttempt(shop, {
      run,
      claim,
      key: { chunkId: delivery.chunkId, token },
      applicationName,
      lease,
      log,
    });
    // Whoever settles the last chunk of a phase closes it.
    if (await closePhaseIfOver(shop.ledger, run.id)) shop.onPhaseClosed(run.id);
  } finally {
    if (claim.restMs > 0) await rest(claim.restMs, AbortSignal.any([lease, shop.stopping]));
  }
}

/** The delivery stays in hand meanwhile: that is what keeps the worker from taking another. */
async function rest(restMs: number, signal: AbortSignal): Promise<void> {
  await pause(restMs, undefined, { signal }).catch(() => {});
}

async function makeAttempt(shop: Workshop, at: Omit<AttemptAtHand, 'inHand'>): Promise<void> {
  const { run, claim, key, log } = at;
  const { phase, range } = claim.chunk;
  using inHand = shop.inHand.add({
    runId: run.id,
    chunkId: key.chunkId,
    phase,
    label: shop.pipeline.describe(range),
    startedAtMs: shop.host.now(),
    stop: new AbortController(),
  });
  try {
    await runAttempt(shop, { ...at, inHand });
  } catch (error) {
    await endAttempt(shop, { run, claim, key, inHand, error, log });
  }
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
  readonly inHand: AttemptInHand;
  readonly log: Log;
}

async function runAttempt(shop: Workshop, attempt: AttemptAtHand): Promise<void> {
  const { run, claim, key, log, inHand } = attempt;
  const { ledger, pipeline, host, throttler, maxRejectsInRun } = shop;
  if (run.fileHash !== shop.fileHash) throw new DroverError('FILE_CHANGED');
  const { stop, label, phase, chunkId, startedAtMs } = inHand;
  using timeLimit = new TimeLimit(pipeline.timeLimitMs(claim.chunk.range), {
    now: () => host.now(),
    onOver: () => stop.abort(new DroverError('CHUNK_TIME_LIMIT')),
  });
  const signal = AbortSignal.any([stop.signal, attempt.lease]);
  const pace = new AttemptPace({ throttler, hand: inHand, timeLimit, signal });
  const gate: Gate = {
    inTransaction: {
      fence: (sql) => ledger.fence(sql, key),
      settle: (sql, receipt, rejects) =>
        ledger.settle(sql, { ...key, receipt, rejects, maxRejectsInRun }),
    },
    outside: {
      intent: () => ledger.intent(chunkId),
      mayCommit: (intent) => ledger.intend({ ...key, intent }),
      settle: (done) => ledger.settleOutside({ ...key, ...done, maxRejectsInRun }),
    },
  };
  const context: MoveContext = {
    migrationId: run.migrationId,
    anchor: run.anchor,
    applicationName: attempt.applicationName,
    signal,
    log,
    progress({ rows, bytes }) {
      inHand.rows = rows;
      inHand.bytes = bytes;
    },
    pace: () => pace.next(),
    reached: async (milestone) => shop.reached?.(milestone, chunkId),
    gate,
  };
  try {
    timeLimit.go();
    // Before it opens its snapshot: what it waits for now costs the source nothing.
    await pace.next();
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
    // A verification says what it has read at its end.
    pace.charge();
  }
}
