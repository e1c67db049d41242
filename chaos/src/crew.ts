import { type DroverProcess, endOf, startDrover } from './drover-process.ts';

export interface CrewOptions {
  /** The built command. */
  readonly program: string;
  /** Of the migration. */
  readonly folder: string;
  readonly workers: number;
  readonly concurrency: number;
}

/** The processes of a round: one that watches the run, and its workers. */
export class Crew implements AsyncDisposable {
  /** All that were ever started, in order. */
  readonly processes: DroverProcess[] = [];
  readonly #options: CrewOptions;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** The process that watches the run; null while there is none. */
  get watcher(): DroverProcess | null {
    return this.#running('watcher')[0] ?? null;
  }

  /** Workers that run, are not frozen, and were not asked to end. */
  get workers(): readonly DroverProcess[] {
    return this.#running('worker').filter((worker) => !worker.frozen && worker.endedBy === null);
  }

  begin(): DroverProcess {
    const watcher = this.#start('watcher', ['run']);
    this.#hire();
    return watcher;
  }

  /** Starts what is missing: workers, and `drover resume` where nobody watches an unfinished run. */
  replenish(runState: string): void {
    this.#hire();
    if (runState !== 'done' && this.watcher === null) this.#start('watcher', ['resume']);
  }

  /** Runs another verb to its end. */
  async command(...args: readonly string[]): Promise<DroverProcess> {
    const command = this.#start(args[0] ?? 'command', args);
    await command.ended;
    return command;
  }

  /** Asks the workers to end, and waits for them and the watcher, whose run is over; not for ever. */
  async dismiss(): Promise<void> {
    for (const worker of this.#running('worker')) worker.signal('SIGTERM');
    await Promise.all(this.processes.filter((one) => one.code === null).map(endOf));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.processes) {
      if (one.code !== null) continue;
      one.signal('SIGKILL');
      await one.ended;
    }
  }

  #hire(): void {
    const { workers, concurrency } = this.#options;
    // One that is frozen, or was asked to end, has a successor at once.
    for (let count = this.workers.length; count < workers; count += 1) {
      this.#start('worker', ['worker', '--concurrency', String(concurrency)]);
    }
  }

  #running(kind: string): DroverProcess[] {
    return this.processes.filter((one) => one.code === null && one.name.startsWith(`${kind}-`));
  }

  #start(kind: string, args: readonly string[]): DroverProcess {
    const { program, folder } = this.#options;
    const number = this.processes.filter((one) => one.name.startsWith(`${kind}-`)).length + 1;
    const started = startDrover(program, { name: `${kind}-${number}`, folder, args });
    this.processes.push(started);
    return started;
  }
}
