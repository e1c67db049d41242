import { freePort } from './free-port.ts';
import {
  type ServerPlan,
  type ServerProcess,
  StartFailure,
  startServerProcess,
} from './server-process.ts';

/**
 * Starts a server on a free port, on another one if somebody takes the port meanwhile.
 *
 * @param choosePort asked once per try, of which there are at most five.
 * @throws StartFailure if the server does not become ready; its folder is removed then.
 */
export async function startLocalServer(
  plan: ServerPlan,
  choosePort: () => Promise<number> = freePort,
): Promise<LocalServer> {
  try {
    for (let attempt = 1; ; attempt += 1) {
      const port = await choosePort();
      try {
        return new LocalServer(plan, port, await startServerProcess(plan, port));
      } catch (error) {
        const another = error instanceof StartFailure && error.portIsTaken && attempt < 5;
        if (!another) throw error;
      }
    }
  } catch (error) {
    await plan.folder.remove();
    throw error;
  }
}

/**
 * A server that we started. Its operations run one after the other, in the order of the calls.
 * It ends with this process, see the guardian in `server-folder.ts`.
 */
export class LocalServer {
  readonly port: number;
  readonly #plan: ServerPlan;
  #process: ServerProcess;
  #lastOperation: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(plan: ServerPlan, port: number, process: ServerProcess) {
    this.#plan = plan;
    this.port = port;
    this.#process = process;
  }

  /**
   * Ends the server, if it still runs, and starts it again on the same port.
   *
   * @throws StartFailure if it does not start; it can be tried again, or stopped.
   */
  restart(signal: NodeJS.Signals = this.#plan.endSignal): Promise<void> {
    if (this.#stopping !== undefined) {
      return Promise.reject(new Error(`this ${this.#plan.name} was stopped`));
    }
    return this.#inTurn(async () => {
      await this.#process.end(signal);
      this.#process = await startServerProcess(this.#plan, this.port);
    });
  }

  /** Ends the server and removes its folder. May be called more than once. */
  stop(): Promise<void> {
    this.#stopping ??= this.#inTurn(async () => {
      await this.#process.end(this.#plan.endSignal);
      await this.#plan.folder.remove();
    });
    return this.#stopping;
  }

  #inTurn(operation: () => Promise<void>): Promise<void> {
    const result = this.#lastOperation.then(operation);
    this.#lastOperation = result.catch(() => {}); // its caller hears of it
    return result;
  }
}
