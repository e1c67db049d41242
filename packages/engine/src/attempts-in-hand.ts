import type { AttemptProgress, Phase } from '@drover/core';

export interface AttemptInHand {
  readonly runId: number;
  readonly chunkId: number;
  readonly phase: Phase;
  readonly label: string;
  readonly startedAtMs: number;
  rows: number;
  bytes: number;
  readonly stop: AbortController;
}

/** The attempts that this process has in hand: what its heartbeat tells, and what a stop reaches. */
export class AttemptsInHand {
  readonly #attempts = new Set<AttemptInHand>();

  add(attempt: Omit<AttemptInHand, 'rows' | 'bytes'>): AttemptInHand & Disposable {
    const entry = { ...attempt, rows: 0, bytes: 0 };
    this.#attempts.add(entry);
    return Object.assign(entry, { [Symbol.dispose]: () => this.#attempts.delete(entry) });
  }

  get count(): number {
    return this.#attempts.size;
  }

  runIds(): readonly number[] {
    return [...new Set([...this.#attempts].map((attempt) => attempt.runId))];
  }

  progress(nowMs: number): readonly AttemptProgress[] {
    return [...this.#attempts].map(
      ({ runId, chunkId, phase, label, rows, bytes, startedAtMs }) => ({
        runId,
        chunkId,
        phase,
        label,
        rows,
        bytes,
        elapsedMs: nowMs - startedAtMs,
      }),
    );
  }

  /** Stops the attempts of a run, or all. */
  stop(reason: Error, runId?: number): void {
    for (const attempt of this.#attempts) {
      if (runId === undefined || attempt.runId === runId) attempt.stop.abort(reason);
    }
  }
}
