import type { ConnectionSpec } from '@drover/core';
import { type AttemptConnections, AttemptPool, identifier, Session } from '@drover/postgres';
import type { TargetColumn } from './target-table.ts';

/** More staging tables than this in one session are not worth their catalogue memory. */
const MAX_STAGES = 64;

export interface Stage {
  /** Qualified and quoted. */
  readonly name: string;
}

/**
 * The sessions of one attempt at a time, kept open from chunk to chunk: making 24 staging tables of 350
 * columns for each chunk would cost 0.1 s and 8,000 rows of the target's catalogue. They are emptied by
 * the server at the end of each transaction, whichever way it ends.
 */
export class Lane implements AttemptConnections {
  readonly source: Session;
  readonly target: Session;
  readonly #stages = new Map<string, Stage & { signature: string }>();
  #stageNumber = 0;

  private constructor(source: Session, target: Session) {
    this.source = source;
    this.target = target;
  }

  static async open(
    specs: { source: ConnectionSpec; target: ConnectionSpec },
    applicationName: string,
  ): Promise<Lane> {
    const source = await Session.open(specs.source, { side: 'source', applicationName });
    try {
      const target = await Session.open(specs.target, { side: 'target', applicationName });
      const lane = new Lane(source, target);
      await lane.#bePatient();
      return lane;
    } catch (error) {
      source.destroy();
      throw error;
    }
  }

  async #bePatient(): Promise<void> {
    try {
      await Promise.all([this.source.bePatient(), this.target.bePatient()]);
    } catch (error) {
      this.target.destroy();
      throw error;
    }
  }

  get broken(): boolean {
    return this.source.broken || this.target.broken;
  }

  /**
   * Staging tables with the given columns, one per key, made where this session has none that fits.
   * Call outside a transaction, or its end would take them along.
   */
  async stages(
    wanted: readonly { key: string; columns: readonly TargetColumn[] }[],
  ): Promise<readonly Stage[]> {
    const statements: string[] = [];
    const drop = (key: string, stage: Stage) => {
      statements.push(`drop table ${stage.name}`);
      this.#stages.delete(key);
    };
    const result = wanted.map(({ key, columns }) => {
      const definition = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
      const known = this.#stages.get(key);
      if (known?.signature === definition) {
        // Used last: moved to the end of the map.
        this.#stages.delete(key);
        this.#stages.set(key, known);
        return known;
      }
      if (known !== undefined) drop(key, known);
      this.#stageNumber += 1;
      const stage = { name: `pg_temp.drover_stage_${this.#stageNumber}`, signature: definition };
      statements.push(`create temp table ${stage.name} (${definition}) on commit delete rows`);
      this.#stages.set(key, stage);
      return stage;
    });
    const inUse = new Set<Stage>(result);
    for (const [key, stage] of this.#stages) {
      if (this.#stages.size <= MAX_STAGES) break;
      if (!inUse.has(stage)) drop(key, stage);
    }
    if (statements.length > 0) await this.target.script(statements.join('; '));
    return result;
  }

  /** Ends what both servers are doing for it, and the connections. */
  interrupt(): void {
    this.source.interrupt();
    this.target.interrupt();
  }

  async rename(applicationName: string): Promise<void> {
    await Promise.all([this.source.rename(applicationName), this.target.rename(applicationName)]);
  }

  destroy(): void {
    this.source.destroy();
    this.target.destroy();
  }

  async close(): Promise<void> {
    await Promise.all([this.source.close(), this.target.close()]);
  }
}

export function openLanePool(specs: {
  source: ConnectionSpec;
  target: ConnectionSpec;
}): AttemptPool<Lane> {
  return new AttemptPool({ open: (name) => Lane.open(specs, name), connectionsEach: 2 });
}
