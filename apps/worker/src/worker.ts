import { systemHost } from '@drover/config';
import {
  type ChunkConsumer,
  type Delivery,
  hintsAtOutage,
  type Log,
  Stopped,
  toDroverError,
} from '@drover/core';
import {
  AttemptsInHand,
  Breaker,
  Congestion,
  Coordinator,
  executeDelivery,
  Intake,
  Throttler,
  untilReachable,
  type Workshop,
} from '@drover/engine';
import { openChunkConsumer } from '@drover/queue';
import { ProcessHealthMeter } from '@drover/telemetry';
import { type Drover, openDrover } from './open-drover.ts';
import { QueueWatch } from './queue-watch.ts';

export interface WorkerOptions {
  readonly file: string;
  /** Chunks at once. */
  readonly concurrency: number;
  /** The worker ends by itself when this run has ended. */
  readonly untilRun: number | null;
  /** Aborted when the worker is not wanted any more before it has started. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

export interface RunningWorker {
  readonly id: string;
  /** Resolves when the worker has ended, whoever asked for it. */
  readonly ended: Promise<void>;
  /**
   * Takes no further chunk, waits for those in hand, and hands back what is not done after `graceMs`. No
   * attempt is burnt.
   */
  stop(graceMs: number): Promise<void>;
}

const HEARTBEAT_MS = 2_000;

/** Connections besides those of the attempts: ledger, planning on both sides, control of the source. */
const OTHER_CONNECTIONS = 5 + 2 + 2 + 1;

/**
 * Starts a worker; waits with growing pauses while a database or the queue is away.
 * @throws what makes waiting useless, e.g. DroverError FILE_INVALID, AUTHENTICATION_FAILED; the reason of
 *   `options.signal` where that aborts first.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { log: processLog, signal } = options;
  const patiently = <T>(task: () => Promise<T>) =>
    untilReachable(task, {
      host: systemHost,
      signal,
      onAway: ({ code, message }, pauseMs) =>
        processLog.warn('waiting to start', { code, error: message, pauseMs }),
    });
  const drover = await patiently(() => openDrover(options));
  try {
    return await startOn(drover, options, patiently);
  } catch (error) {
    await drover[Symbol.asyncDispose]();
    throw error;
  }
}

async function startOn(
  drover: Drover,
  options: WorkerOptions,
  patiently: <T>(task: () => Promise<T>) => Promise<T>,
): Promise<RunningWorker> {
  const { ledger, queue, pipeline, migration, loaded, host } = drover;
  const id = host.uuid();
  const log = options.log.child({ worker: id.slice(0, 8) });
  const inHand = new AttemptsInHand();
  const stopping = new AbortController();
  const coordinator = new Coordinator({
    ledger,
    queue,
    pipeline,
    migration,
    host,
    log,
    owner: id,
    fileHash: loaded.hash,
    throttle: loaded.spec.throttle,
  });
  const intake = new Intake({ hold: () => consumer.hold(), proceed: () => consumer.proceed() });
  const throttler = new Throttler({
    ledger,
    migrationId: migration.id,
    file: loaded.spec.throttle,
    host,
    stopping: stopping.signal,
  });
  const congestion = new Congestion(host);
  const watch = new QueueWatch(queue, log, host);
  const breaker = new Breaker({
    probe: () => drover.probe(),
    host,
    log,
    onOpen: () => intake.set('outage', true),
    onClosed: () => intake.set('outage', false),
  });
  const shop: Workshop = {
    ledger,
    pipeline,
    host,
    log,
    workerId: id,
    limits: drover.limits,
    maxRejectsInRun: drover.maxRejectsInRun,
    fileHash: loaded.hash,
    breaker,
    throttler,
    congestion,
    inHand,
    stopping: stopping.signal,
    onPhaseClosed: () =>
      void coordinator.pass().catch((error: unknown) => {
        log.warn('the next phase was not begun here', { code: toDroverError(error).code });
      }),
  };
  // Nothing is started by limits that are out of date.
  await patiently(() => throttler.refresh());
  const consumer: ChunkConsumer = await patiently(() =>
    openChunkConsumer(
      {
        address: loaded.spec.queue,
        migrationId: migration.id,
        concurrency: throttler.concurrency(options.concurrency),
        onTrouble: (error) => watch.trouble(error),
      },
      (delivery, lease) => work(shop, breaker, delivery, lease),
    ),
  );
  coordinator.start();
  log.info('worker started', { concurrency: options.concurrency, migration: migration.name });
  return new Worker(
    {
      drover,
      consumer,
      intake,
      throttler,
      congestion,
      coordinator,
      breaker,
      watch,
      inHand,
      stopping,
      id,
      log,
    },
    options,
  );
}

async function work(
  shop: Workshop,
  breaker: Breaker,
  delivery: Delivery,
  lease: AbortSignal,
): Promise<void> {
  // It was on its way when the circuit opened. Left alone, it is offered again, here or elsewhere.
  if (breaker.open) return;
  try {
    // With the delivery in hand: its lock is renewed meanwhile.
    if (!(await shop.throttler.mayStart(lease)) || breaker.open) return;
    await executeDelivery(shop, delivery, lease);
  } catch (error) {
    // It may be the ledger that is away, so that nobody could be told.
    if (hintsAtOutage(error)) await breaker.look();
    throw error;
  }
}

interface WorkerParts {
  readonly drover: Drover;
  readonly consumer: ChunkConsumer;
  readonly intake: Intake;
  readonly throttler: Throttler;
  readonly congestion: Congestion;
  readonly coordinator: Coordinator;
  readonly breaker: Breaker;
  readonly watch: QueueWatch;
  readonly inHand: AttemptsInHand;
  readonly stopping: AbortController;
  readonly id: string;
  readonly log: Log;
}

class Worker implements RunningWorker {
  readonly id: string;
  readonly ended: Promise<void>;
  readonly #parts: WorkerParts;
  readonly #options: WorkerOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #health = new ProcessHealthMeter();
  #markEnded: () => void = () => {};
  #stopping: Promise<void> | undefined;

  constructor(parts: WorkerParts, options: WorkerOptions) {
    this.id = parts.id;
    this.#parts = parts;
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#markEnded = resolve;
    });
    this.#timer = setInterval(() => void this.#beat(), HEARTBEAT_MS);
    void this.#beat();
  }

  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#shutDown(graceMs);
    return this.#stopping;
  }

  async #shutDown(graceMs: number): Promise<void> {
    const { drover, consumer, coordinator, breaker, inHand, stopping, log } = this.#parts;
    log.info('worker stops', { chunksInHand: inHand.count, graceMs });
    stopping.abort();
    const grace = setTimeout(() => inHand.stop(new Stopped('shutdown')), graceMs);
    await consumer.drain();
    clearTimeout(grace);
    clearInterval(this.#timer);
    this.#health[Symbol.dispose]();
    await consumer.close();
    await breaker[Symbol.asyncDispose]();
    await coordinator[Symbol.asyncDispose]();
    await drover.ledger.retireWorker(this.id).catch(() => {});
    await drover[Symbol.asyncDispose]();
    log.info('worker stopped');
    this.#markEnded();
  }

  /** Tells the ledger that it lives and what it does, and learns what people decided meanwhile. */
  async #beat(): Promise<void> {
    const { drover, inHand, breaker, watch, log } = this.#parts;
    const { ledger, host, migration, pipeline } = drover;
    watch.look();
    try {
      await ledger.beat({
        id: this.id,
        migrationId: migration.id,
        host: host.name,
        pid: host.pid,
        concurrency: this.#chunksAtOnce(),
        rssBytes: process.memoryUsage.rss(),
        connections: pipeline.connections() + OTHER_CONNECTIONS,
        activity: inHand.progress(host.now()),
        waitsFor: [...breaker.outages, ...watch.outages],
        health: this.#health.look(),
      });
      await this.#throttle();
      for (const runId of inHand.runIds()) {
        const state = (await ledger.findRun(runId))?.state;
        if (state === 'cancelled') inHand.stop(new Stopped('cancelled'), runId);
        if (state === 'failed') inHand.stop(new Stopped('run-ended'), runId);
      }
      await this.#endWithRun();
    } catch (error) {
      // An idle worker, too, is to notice that the ledger is away, and to take nothing.
      if (hintsAtOutage(error)) await breaker.look();
      else log.warn('no heartbeat', { code: toDroverError(error).code });
    }
  }

  async #throttle(): Promise<void> {
    const { throttler, intake, consumer, log } = this.#parts;
    await throttler.refresh();
    consumer.setConcurrency(this.#chunksAtOnce());
    const { held } = throttler;
    if (!intake.set('throttle', held !== null)) return;
    log.info(held === null ? 'work goes on' : 'work is held', { reason: held });
  }

  /** Its own number, or fewer where limits or a target that pushed back ask for it. */
  #chunksAtOnce(): number {
    const { throttler, congestion } = this.#parts;
    return congestion.concurrency(throttler.concurrency(this.#options.concurrency));
  }

  async #endWithRun(): Promise<void> {
    const { untilRun } = this.#options;
    if (untilRun === null || this.#stopping !== undefined) return;
    const run = await this.#parts.drover.ledger.findRun(untilRun);
    if (run !== null && (run.state === 'running' || run.state === 'paused')) return;
    void this.stop(0);
  }
}
