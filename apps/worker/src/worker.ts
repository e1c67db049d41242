import { type ChunkConsumer, type Host, type Log, Stopped, toDroverError } from '@drover/core';
import { AttemptsInHand, Coordinator, executeDelivery, type Workshop } from '@drover/engine';
import { openChunkConsumer } from '@drover/queue';
import { type Drover, openDrover } from './open-drover.ts';

export interface WorkerOptions {
  readonly file: string;
  /** Chunks at once. */
  readonly concurrency: number;
  /** The worker ends by itself when this run has ended. */
  readonly untilRun: number | null;
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

const TROUBLE_REPEAT_MS = 30_000;

/** Connections besides those of the attempts: ledger, planning on both sides. */
const OTHER_CONNECTIONS = 5 + 2 + 2;

export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const drover = await openDrover(options);
  const { ledger, queue, pipeline, migration, loaded, host } = drover;
  const id = host.uuid();
  const log = options.log.child({ worker: id.slice(0, 8) });
  const inHand = new AttemptsInHand();
  const coordinator = new Coordinator({
    ledger,
    queue,
    pipeline,
    migration,
    host,
    log,
    owner: id,
    fileHash: loaded.hash,
  });
  const shop: Workshop = {
    ledger,
    pipeline,
    host,
    log,
    workerId: id,
    limits: drover.limits,
    fileHash: loaded.hash,
    inHand,
    onPhaseClosed: () =>
      void coordinator.pass().catch((error: unknown) => {
        log.warn('the next phase was not begun here', { code: toDroverError(error).code });
      }),
  };
  const consumer = await openChunkConsumer(
    {
      address: loaded.spec.queue,
      migrationId: migration.id,
      concurrency: options.concurrency,
      onTrouble: troubleLog(log, host),
    },
    (delivery, lease) => executeDelivery(shop, delivery, lease),
  );
  coordinator.start();
  log.info('worker started', { concurrency: options.concurrency, migration: migration.name });
  return new Worker({ drover, consumer, coordinator, inHand, id, log }, options);
}

/** The queue's client tries again many times a second and complains each time: one line in a while will do. */
function troubleLog(log: Log, host: Host): (error: Error) => void {
  let quietUntilMs = 0;
  return (error) => {
    if (host.now() < quietUntilMs) return;
    quietUntilMs = host.now() + TROUBLE_REPEAT_MS;
    log.warn('the queue cannot be reached; waiting for it', { error: error.message });
  };
}

interface WorkerParts {
  readonly drover: Drover;
  readonly consumer: ChunkConsumer;
  readonly coordinator: Coordinator;
  readonly inHand: AttemptsInHand;
  readonly id: string;
  readonly log: Log;
}

class Worker implements RunningWorker {
  readonly id: string;
  readonly ended: Promise<void>;
  readonly #parts: WorkerParts;
  readonly #options: WorkerOptions;
  readonly #timer: NodeJS.Timeout;
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
    const { drover, consumer, coordinator, inHand, log } = this.#parts;
    log.info('worker stops', { chunksInHand: inHand.count, graceMs });
    const grace = setTimeout(() => inHand.stop(new Stopped('shutdown')), graceMs);
    await consumer.drain();
    clearTimeout(grace);
    clearInterval(this.#timer);
    await consumer.close();
    await coordinator[Symbol.asyncDispose]();
    await drover.ledger.retireWorker(this.id).catch(() => {});
    await drover[Symbol.asyncDispose]();
    log.info('worker stopped');
    this.#markEnded();
  }

  /** Tells the ledger that it lives and what it does, and learns what people decided meanwhile. */
  async #beat(): Promise<void> {
    const { drover, inHand, log } = this.#parts;
    const { ledger, host, migration, pipeline } = drover;
    try {
      await ledger.beat({
        id: this.id,
        migrationId: migration.id,
        host: host.name,
        pid: host.pid,
        concurrency: this.#options.concurrency,
        rssBytes: process.memoryUsage.rss(),
        connections: pipeline.connections() + OTHER_CONNECTIONS,
        activity: inHand.progress(host.now()),
      });
      for (const runId of inHand.runIds()) {
        const state = (await ledger.findRun(runId))?.state;
        if (state === 'cancelled') inHand.stop(new Stopped('cancelled'), runId);
        if (state === 'failed') inHand.stop(new Stopped('run-ended'), runId);
      }
      await this.#endWithRun();
    } catch (error) {
      log.warn('no heartbeat', { code: toDroverError(error).code });
    }
  }

  async #endWithRun(): Promise<void> {
    const { untilRun } = this.#options;
    if (untilRun === null || this.#stopping !== undefined) return;
    const run = await this.#parts.drover.ledger.findRun(untilRun);
    if (run !== null && (run.state === 'running' || run.state === 'paused')) return;
    void this.stop(0);
  }
}
