import { DroverError, type Host, type Ledger } from '@drover/core';
import { StatisticsRecorder, type Status } from '@drover/engine';
import type { StatisticsOutputs } from './statistics-outputs.ts';
import { statisticsText } from './views/statistics-text.ts';

interface StatisticsTellerParts {
  readonly ledger: Pick<Ledger, 'attemptsEnded'>;
  readonly runId: number;
  readonly host: Pick<Host, 'now'>;
  readonly outputs: StatisticsOutputs;
  /** Shows a line to the person who watches. */
  readonly note: (line: string) => void;
}

/** Tells the statistics of a run, each time that an interval is over and at the end. */
export class StatisticsTeller {
  readonly #parts: StatisticsTellerParts;
  readonly #recorder: StatisticsRecorder;
  readonly #startedAtMs: number;
  #nextAtMs: number;
  #csv: StatisticsOutputs['csv'];

  constructor(parts: StatisticsTellerParts) {
    const { ledger, runId, host, outputs } = parts;
    this.#parts = parts;
    this.#recorder = new StatisticsRecorder(ledger, runId);
    this.#startedAtMs = host.now();
    this.#nextAtMs = this.#startedAtMs + outputs.everyMs;
    this.#csv = outputs.csv;
  }

  /** To be called whenever it is known how the run stands. */
  async look(status: Status): Promise<void> {
    await this.#recorder.begin();
    this.#recorder.see(status.workers);
    const now = this.#parts.host.now();
    if (now < this.#nextAtMs) return;
    await this.#tell(status);
    const { everyMs } = this.#parts.outputs;
    this.#nextAtMs = now + everyMs - ((now - this.#startedAtMs) % everyMs);
  }

  /** Tells what is left of the last interval. */
  async end(status: Status): Promise<void> {
    await this.#recorder.begin();
    this.#recorder.see(status.workers);
    await this.#tell(status);
  }

  async #tell(status: Status): Promise<void> {
    const { host, outputs, note } = this.#parts;
    const statistics = await this.#recorder.take(status, host.now());
    if (statistics === null) return;
    if (outputs.console) note(statisticsText(statistics));
    try {
      this.#csv?.append(statistics);
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      // The run is worth more than its statistics.
      this.#csv = null;
      note(`drover: ${error.message} No further row is written; the run goes on.`);
    }
  }
}
