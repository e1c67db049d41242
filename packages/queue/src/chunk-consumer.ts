import { type ChunkConsumer, type DeliveryHandler, toDroverError } from '@drover/core';
import { UnrecoverableError, Worker } from 'bullmq';
import { openBackend, type QueueAddress } from './backend.ts';
import { Hand } from './hand.ts';
import { type JobData, toDelivery } from './job.ts';
import { queueError, withoutCommand } from './queue-error.ts';
import { queueName } from './queue-name.ts';

export interface ConsumerOptions {
  readonly address: QueueAddress;
  readonly migrationId: string;
  readonly concurrency: number;
  /** A killed worker's delivery is made again after about this plus `stalledCheckMs`. */
  readonly lockMs?: number;
  readonly stalledCheckMs?: number;
  /** Told of trouble with the queue itself; deliveries go on when it is over. */
  readonly onTrouble: (error: Error) => void;
}

const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 5_000;

/** Between two tries at a server that is away. BullMQ's own 15 s hold up the end of the process as well. */
const RETRY_MS = 1_000;

/** Never given up for having stalled: how often a chunk may fail, the ledger says. */
const MAX_STALLED_COUNT = 1_000_000;

/**
 * How long the last acknowledgements are waited for when a consumer drains or closes. One that is lost
 * costs a delivery that finds nothing to do.
 */
const ACKNOWLEDGE_MS = 2_000;

const NEVER = new Promise<void>(() => {});

/**
 * Takes deliveries of one migration until closed. A server that goes away later is waited for.
 * @throws DroverError QUEUE_UNAVAILABLE where there is none to begin with.
 */
export async function openChunkConsumer(
  options: ConsumerOptions,
  handler: DeliveryHandler,
): Promise<ChunkConsumer> {
  const backend = openBackend(options.address, { waiting: true });
  const hand = new Hand();
  let opened = false;
  const onTrouble = (error: Error) => {
    withoutCommand(error);
    // Until then it is thrown.
    if (opened) options.onTrouble(error);
  };
  const worker = new Worker<JobData>(
    queueName(options.migrationId),
    async (job) => {
      const delivery = toDelivery(job.data);
      if (delivery === null || job.id === undefined) return;
      const { signal, done } = hand.take(job.id);
      try {
        await handler(delivery, signal);
      } catch (error) {
        // Only the code: a driver's message can quote the data of a row.
        throw new UnrecoverableError(toDroverError(error).code);
      } finally {
        done();
      }
    },
    {
      ...(backend.options as { connection: never }),
      concurrency: options.concurrency,
      lockDuration: options.lockMs ?? LOCK_MS,
      stalledInterval: options.stalledCheckMs ?? STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLED_COUNT,
      runRetryDelay: RETRY_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 100 },
      autorun: false,
    },
    backend.factory as never,
  );
  // BullMQ only announces a lock it could not renew, and lets the processor go on.
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const id of jobIds) hand.stopJob(id, 'lease-lost');
  });
  worker.on('error', onTrouble);
  let pausing: Promise<void> | undefined;
  let drained: Promise<void> | undefined;
  const beginToDrain = () => {
    // BullMQ does not wait for those in hand where it is paused already.
    if (worker.isPaused()) void worker.resume();
    pausing = worker.pause();
    // A connection that breaks meanwhile is no reason to leave those in hand alone.
    const ended = pausing.catch((error: Error) => {
      onTrouble(error);
      return NEVER;
    });
    return hand.outlasts(ended, ACKNOWLEDGE_MS);
  };
  const drain = () => {
    drained ??= beginToDrain();
    return drained;
  };
  const shutDown = async () => {
    hand.stopAll('shutdown');
    await drain();
    // By force: else BullMQ says goodbye to a server that is away for as long as the process lives.
    await hand.outlasts(worker.close(true).catch(onTrouble), ACKNOWLEDGE_MS);
    await backend.close();
    // A pause that was not waited for connects again when it ends.
    const disconnect = () => worker.backend.disconnectBlocking(false);
    pausing?.then(disconnect, disconnect).catch(onTrouble);
  };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= shutDown();
    return closing;
  };
  try {
    await backend.reach();
    await worker.waitUntilReady();
  } catch (error) {
    await close();
    throw queueError(error, 'no consumer could be opened');
  }
  opened = true;
  worker.run().catch(onTrouble);
  return {
    hold: () => void worker.pause(true).catch(onTrouble),
    proceed() {
      // What was away may come back while the consumer is about to end.
      if (drained === undefined) void worker.resume().catch(onTrouble);
    },
    setConcurrency(concurrency) {
      const more = concurrency > worker.concurrency;
      worker.concurrency = concurrency;
      if (!more || worker.isPaused()) return;
      // BullMQ looks again only when something in hand ends, or when it is resumed.
      void worker.pause(true).catch(onTrouble);
      void worker.resume().catch(onTrouble);
    },
    get active() {
      return hand.size;
    },
    drain,
    close,
  };
}
