import {
  createHistogram,
  PerformanceObserver,
  performance,
  type RecordableHistogram,
} from 'node:perf_hooks';
import type { ProcessHealth } from '@drover/core';

/** How often it is looked whether timers fire in time; shorter delays are found by chance only. */
const TICK_MS = 20;

/**
 * Measures the process that it is in, until it is disposed. Costs a timer of 20 ms and keeps no process
 * alive.
 */
export class ProcessHealthMeter implements Disposable {
  // The one of Node (20) forgets, when it is reset, when it last fired: a pause right after a look is lost.
  readonly #delays: RecordableHistogram = createHistogram();
  readonly #collections: PerformanceObserver;
  readonly #timer: NodeJS.Timeout;
  #gcCount = 0;
  #gcMs = 0;
  #before: Reading;

  constructor() {
    let firedAtMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const lateMicros = Math.round((nowMs - firedAtMs - TICK_MS) * 1000);
      firedAtMs = nowMs;
      // A histogram takes nothing below 1.
      this.#delays.record(Math.max(1, lateMicros));
    }, TICK_MS).unref();
    this.#collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#gcCount += 1;
        this.#gcMs += duration;
      }
    });
    this.#collections.observe({ entryTypes: ['gc'] });
    this.#before = this.#read();
  }

  /** How the process fared since the last look, or since the meter was made. */
  look(): ProcessHealth {
    const now = this.#read();
    const { heapUsed, external } = process.memoryUsage();
    const health: ProcessHealth = {
      ...healthBetween(this.#before, now),
      heapUsedBytes: heapUsed,
      externalBytes: external,
      loopDelayMs: {
        p50: this.#delayMs(this.#delays.percentile(50)),
        p99: this.#delayMs(this.#delays.percentile(99)),
        max: this.#delayMs(this.#delays.max),
      },
    };
    this.#delays.reset();
    this.#before = now;
    return health;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#collections.disconnect();
  }

  #read(): Reading {
    const { user, system } = process.cpuUsage();
    return {
      atMs: performance.now(),
      cpuMicros: user + system,
      gcCount: this.#gcCount,
      gcMs: this.#gcMs,
    };
  }

  /** 0 where nothing was recorded. */
  #delayMs(micros: number): number {
    return this.#delays.count === 0 ? 0 : rounded(micros / 1000);
  }
}

/** What only ever grows, at a moment. */
interface Reading {
  readonly atMs: number;
  readonly cpuMicros: number;
  readonly gcCount: number;
  readonly gcMs: number;
}

type Grown = Pick<ProcessHealth, 'spanMs' | 'gcCount' | 'gcMs' | 'gcTotalMs' | 'cpuShare'>;

function healthBetween(before: Reading, now: Reading): Grown {
  const spanMs = now.atMs - before.atMs;
  return {
    spanMs: rounded(spanMs),
    gcCount: now.gcCount - before.gcCount,
    gcMs: rounded(now.gcMs - before.gcMs),
    gcTotalMs: rounded(now.gcMs),
    cpuShare: spanMs > 0 ? rounded((now.cpuMicros - before.cpuMicros) / 1000 / spanMs) : 0,
  };
}

/** More than three places are noise. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
