/** What an attempt works with: one or more connections that carry its name. */
export interface AttemptConnections {
  readonly broken: boolean;
  /** Makes the connections carry another attempt's name. */
  rename(applicationName: string): Promise<void>;
  /** Ends what the servers are doing for it, and the connections. */
  interrupt(): void;
  /** Drops the connections without a word. */
  destroy(): void;
  close(): Promise<void>;
}

/** Connections that wait for their next attempt: a chunk is not worth opening them anew. */
export class AttemptPool<T extends AttemptConnections> {
  readonly #openOne: (applicationName: string) => Promise<T>;
  readonly #connectionsEach: number;
  readonly #idle: T[] = [];
  #open = 0;

  constructor(of: {
    readonly open: (applicationName: string) => Promise<T>;
    readonly connectionsEach: number;
  }) {
    this.#openOne = of.open;
    this.#connectionsEach = of.connectionsEach;
  }

  /** Connections held, idle ones included. */
  get connections(): number {
    return this.#open * this.#connectionsEach;
  }

  /**
   * Runs `work` on connections that carry the attempt's name. When the signal aborts, the servers are told to
   * stop and the connections are dropped.
   */
  async use<R>(
    attempt: { readonly applicationName: string; readonly signal: AbortSignal },
    work: (connections: T) => Promise<R>,
  ): Promise<R> {
    attempt.signal.throwIfAborted();
    const taken = await this.#take(attempt.applicationName);
    const interrupt = () => taken.interrupt();
    attempt.signal.addEventListener('abort', interrupt, { once: true });
    try {
      if (attempt.signal.aborted) interrupt();
      const result = await work(taken);
      attempt.signal.removeEventListener('abort', interrupt);
      if (taken.broken) this.#drop(taken);
      else this.#idle.push(taken);
      return result;
    } catch (error) {
      // Whatever state the sessions are in, the next attempt starts with fresh ones.
      this.#drop(taken);
      throw error;
    } finally {
      attempt.signal.removeEventListener('abort', interrupt);
    }
  }

  async close(): Promise<void> {
    const idle = this.#idle.splice(0);
    this.#open -= idle.length;
    await Promise.all(idle.map((one) => one.close()));
  }

  async #take(applicationName: string): Promise<T> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.broken) {
        try {
          await idle.rename(applicationName);
          return idle;
        } catch {
          // It broke while idle: as good as broken before.
        }
      }
      this.#drop(idle);
    }
    const opened = await this.#openOne(applicationName);
    this.#open += 1;
    return opened;
  }

  #drop(connections: T): void {
    this.#open -= 1;
    connections.destroy();
  }
}
