import {
  canHold,
  type Host,
  isWithin,
  type Ledger,
  type Log,
  limitsInForce,
  type Pipeline,
  parseDuration,
  type Throttle,
  toDroverError,
} from '@drover/core';

const MEASURE_MS = 2_000;

export interface LoadMeterParts {
  readonly ledger: Pick<Ledger, 'load' | 'holdWork'>;
  readonly pipeline: Pick<Pipeline, 'measure' | 'replicationLagMs'>;
  readonly migrationId: string;
  /** The limits of the migration file. */
  readonly file: Throttle;
  readonly host: Pick<Host, 'now'>;
  readonly log: Log;
}

/** Finds out whether all work is to be held, and tells the ledger, from where every worker learns it. */
export class LoadMeter implements AsyncDisposable {
  readonly #parts: LoadMeterParts;
  #lookedAtMs = 0;
  #looking: Promise<void> | undefined;

  constructor(parts: LoadMeterParts) {
    this.#parts = parts;
  }

  /** Measures where it is time to. Returns at once: the source may take its time. */
  look(): void {
    const { host, log } = this.#parts;
    const nowMs = host.now();
    if (this.#looking !== undefined || nowMs - this.#lookedAtMs < MEASURE_MS) return;
    this.#lookedAtMs = nowMs;
    this.#looking = this.measure()
      .catch((error: unknown) => {
        log.warn('the load was not measured', { code: toDroverError(error).code });
      })
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async measure(): Promise<void> {
    const { ledger, pipeline, migrationId, file, host, log } = this.#parts;
    const before = await ledger.load(migrationId);
    const limits = limitsInForce(file, before.settings);
    if (!canHold(limits) && before.held === null) return;
    const held = await reasonToHold(limits, pipeline, host.now());
    await ledger.holdWork({ migrationId, held });
    if (held === null && before.held !== null) log.info('work goes on');
    if (held !== null && before.held === null) log.info('work is held', { reason: held });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#looking;
  }
}

/** For people: what stands against working at present; null where nothing does. */
async function reasonToHold(
  { hours, query, replicationLag }: Throttle,
  pipeline: LoadMeterParts['pipeline'],
  nowMs: number,
): Promise<string | null> {
  if (hours !== undefined && !isWithin(hours, nowMs)) {
    return `work is done from ${hours.from} to ${hours.to} (${hours.timeZone})`;
  }
  const reasons: string[] = [];
  // One after the other: the pipeline keeps few connections for such things.
  if (query !== undefined) {
    const value = await pipeline.measure(query.sql).catch(reasonOf);
    if (typeof value === 'string') reasons.push(`the query failed: ${value}`);
    else if (value >= query.below) {
      reasons.push(`the query gives ${value}, which is not below ${query.below}`);
    }
  }
  if (replicationLag !== undefined) {
    const lagMs = await pipeline.replicationLagMs().catch(reasonOf);
    if (typeof lagMs === 'string') reasons.push(`the lag of standbys is not known: ${lagMs}`);
    else if (lagMs !== null && lagMs > lengthMs(replicationLag)) {
      reasons.push(`a standby lags ${(lagMs / 1000).toFixed(1)} s, more than ${replicationLag}`);
    }
  }
  return reasons.length === 0 ? null : reasons.join('; ');
}

const reasonOf = (error: unknown): string => toDroverError(error).message;

const lengthMs = (duration: string): number => Number(parseDuration(duration)) / 1000;
