import type { DataChunk, Ledger, Phase, Pipeline, PlannedChunk, Run } from '@drover/core';

/** Chunks that go into the ledger in one transaction. */
const BATCH = 2000;

/** The first batch is small, so that work begins while planning goes on. */
const FIRST_BATCH = 200;

const DATA_CHUNKS_AT_ONCE = 5000;

/**
 * Plans one phase of a run, batch by batch. Any process may take it up where another left off; when two
 * plan at once, the ledger takes the batches of one, and the other starts again from what it finds there.
 */
export class PhasePlanner {
  readonly runId: number;
  readonly phase: Phase;
  readonly #ledger: Ledger;
  readonly #pipeline: Pipeline;
  readonly #run: Run;
  readonly #stop = new AbortController();
  #chunks: AsyncIterator<PlannedChunk> | undefined;
  #planned = 0;
  #complete = false;

  constructor(parts: { ledger: Ledger; pipeline: Pipeline; run: Run }) {
    this.#ledger = parts.ledger;
    this.#pipeline = parts.pipeline;
    this.#run = parts.run;
    this.runId = parts.run.id;
    this.phase = parts.run.phase;
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Plans one batch. Throws what the pipeline throws; the next call then starts from the ledger. */
  async advance(): Promise<void> {
    if (this.#complete) return;
    try {
      const chunks = this.#chunks ?? (await this.#begin());
      if (chunks === null) return;
      const batch: PlannedChunk[] = [];
      const size = this.#planned === 0 ? FIRST_BATCH : BATCH;
      let complete = false;
      while (batch.length < size && !complete) {
        const next = await chunks.next();
        if (next.done === true) complete = true;
        else batch.push(next.value);
      }
      const { runId, phase } = this;
      const won = await this.#ledger.appendChunks({
        runId,
        phase,
        expected: this.#planned,
        chunks: batch,
        complete,
      });
      this.#planned += batch.length;
      this.#complete = won && complete;
      if (!won) await this.#forget();
    } catch (error) {
      await this.#forget();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#forget();
  }

  async #begin(): Promise<AsyncIterator<PlannedChunk> | null> {
    const { runId, phase } = this;
    const progress = await this.#ledger.planProgress({ runId, phase });
    this.#planned = progress.planned;
    this.#complete = progress.complete;
    if (progress.complete) return null;
    const chunks = this.#pipeline.plan(phase, this.#run.anchor, {
      after: progress.last,
      dataChunks: () => this.#dataChunks(),
      signal: this.#stop.signal,
    });
    this.#chunks = chunks[Symbol.asyncIterator]();
    return this.#chunks;
  }

  async *#dataChunks(): AsyncGenerator<DataChunk> {
    for (const runId of this.#run.options.verifies ?? [this.runId]) {
      let after = 0;
      for (;;) {
        const chunks = await this.#ledger.dataChunks({
          runId,
          verifiedBy: this.runId,
          after,
          limit: DATA_CHUNKS_AT_ONCE,
        });
        yield* chunks;
        const last = chunks.at(-1);
        if (last === undefined) break;
        after = last.id;
      }
    }
  }

  async #forget(): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = undefined;
    await chunks?.return?.();
  }
}
