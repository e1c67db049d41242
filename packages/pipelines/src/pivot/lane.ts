import type { ConnectionSpec } from '@drover/core';
import { identifier, Session } from '@drover/postgres';
import type { TargetColumn } from './target-table.ts';

/** More staging tables than this in one session are not worth their catalogue memory. */
const MAX_STAGES = 64;

/**
 * Who waits for the other side, or for the limits on the load, does not read what the server sends meanwhile.
 * With `tcp_user_timeout` (12 and later) the server would take it for dead. Without it, a server that had
 * something to send notices a machine that vanished only after a quarter of an hour; the next attempt at the
 * chunk ends such sessions sooner.
 */
const PATIENCE = `select set_config('tcp_user_timeout', '0', false)
  where current_setting('server_version_num')::int >= 120000`;

export interface Stage {
  /** Qualified and quoted. */
  readonly name: string;
}

/**
 * The sessions of one attempt at a time, kept open from chunk to chunk: making 24 staging tables of 350
 * columns for each chunk would cost 0.1 s and 8,000 rows of the target's catalogue. They are emptied by
 * the server at the end of each transaction, whichever way it ends.
 */
export class Lane {
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
      await Promise.all([this.source.script(PATIENCE), this.target.script(PATIENCE)]);
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

  async close(): Promise<void> {
    await Promise.all([this.source.close(), this.target.close()]);
  }
}

/** Lanes that wait for their next attempt. */
export class LanePool {
  readonly #specs: { source: ConnectionSpec; target: ConnectionSpec };
  readonly #idle: Lane[] = [];
  #open = 0;

  constructor(specs: { source: ConnectionSpec; target: ConnectionSpec }) {
    this.#specs = specs;
  }

  /** Connections held, idle ones included. */
  get connections(): number {
    return this.#open * 2;
  }

  /**
   * Runs `work` on a lane that carries the attempt's name. When the signal aborts, both servers are
   * told to stop and the connections are dropped.
   */
  async use<T>(
    attempt: { applicationName: string; signal: AbortSignal },
    work: (lane: Lane) => Promise<T>,
  ): Promise<T> {
    attempt.signal.throwIfAborted();
    const lane = await this.#take(attempt.applicationName);
    const interrupt = () => lane.interrupt();
    attempt.signal.addEventListener('abort', interrupt, { once: true });
    try {
      if (attempt.signal.aborted) interrupt();
      const result = await work(lane);
      attempt.signal.removeEventListener('abort', interrupt);
      if (lane.broken) this.#drop(lane);
      else this.#idle.push(lane);
      return result;
    } catch (error) {
      // Whatever state the sessions are in, the next attempt starts with fresh ones.
      this.#drop(lane);
      throw error;
    } finally {
      attempt.signal.removeEventListener('abort', interrupt);
    }
  }

  async close(): Promise<void> {
    const lanes = this.#idle.splice(0);
    this.#open -= lanes.length;
    await Promise.all(lanes.map((lane) => lane.close()));
  }

  async #take(applicationName: string): Promise<Lane> {
    for (let lane = this.#idle.pop(); lane !== undefined; lane = this.#idle.pop()) {
      if (!lane.broken) {
        try {
          await rename(lane, applicationName);
          return lane;
        } catch {
          // It broke while idle: as good as broken before.
        }
      }
      this.#drop(lane);
    }
    const lane = await Lane.open(this.#specs, applicationName);
    this.#open += 1;
    return lane;
  }

  #drop(lane: Lane): void {
    this.#open -= 1;
    lane.source.destroy();
    lane.target.destroy();
  }
}

async function rename(lane: Lane, applicationName: string): Promise<void> {
  const statement = `set application_name = '${applicationName.replaceAll("'", "''")}'`;
  await Promise.all([lane.source.script(statement), lane.target.script(statement)]);
}
