import { DroverError, type Log } from '@drover/core';
import { z } from 'zod';
import { type DorisAddress, placeOf } from './address.ts';
import { serverError } from './classify.ts';
import { call, type HttpAnswer, type HttpCall } from './http.ts';
import { readEnvelope } from './load-reply.ts';

const backendsSchema = z.object({
  backends: z.array(
    z.object({ ip: z.string(), http_port: z.number(), is_alive: z.boolean().default(true) }),
  ),
});

/** How long the list of backends is believed, and a node that failed is left alone. */
const LIST_MS = 30_000;
const REST_MS = 15_000;

/** What frontends send on without a table and without a body. */
const SOME_END = '/api/information_schema/_stream_load_2pc';

/** A frontend or a backend that is asked whether it is there answers within this. */
const KNOCK_MS = 5_000;

export interface NodesParts {
  readonly address: DorisAddress;
  readonly log: Log;
  /** Longest wait for an answer that is no load's. */
  readonly answerMs: number;
}

/** The nodes of one Doris: which of them to ask, and where a load goes. */
export class Nodes {
  readonly #parts: NodesParts;
  readonly #restUntilMs = new Map<string, number>();
  #backends: { readonly urls: readonly string[]; readonly untilMs: number } | null = null;
  #turn = 0;

  constructor(parts: NodesParts) {
    this.#parts = parts;
  }

  get address(): DorisAddress {
    return this.#parts.address;
  }

  /** Left alone for a while, as long as there are others. */
  avoid(url: string): void {
    this.#restUntilMs.set(url, Date.now() + REST_MS);
  }

  /** A call to a frontend; another one is asked where it does not answer. */
  async askFrontend(
    path: string,
    how: {
      readonly signal: AbortSignal;
      readonly method?: 'GET' | 'PUT';
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<HttpAnswer & { readonly url: string }> {
    let failure: unknown;
    for (const fe of this.#rested(this.address.fe)) {
      try {
        const url = new URL(path, fe).href;
        return { ...(await this.call({ method: 'GET', ...how, url })), url: fe };
      } catch (error) {
        if (!(error instanceof DroverError) || error.code !== 'CONNECTION_LOST') throw error;
        this.avoid(fe);
        failure = error;
      }
    }
    throw failure;
  }

  /** Longest wait for an answer that is no load's. */
  get answerMs(): number {
    return this.#parts.answerMs;
  }

  /** A call to one node, with the login, within the time that an answer may take. */
  call(wanted: Omit<HttpCall, 'answerMs'>): Promise<HttpAnswer> {
    return call(this.address, { ...wanted, answerMs: this.answerMs });
  }

  /** What a frontend knows, by one of its questions. */
  async ask(path: string, signal: AbortSignal): Promise<unknown> {
    const { text, url } = await this.askFrontend(path, { signal });
    const envelope = readEnvelope(text);
    if (envelope.ok) return envelope.data;
    throw refusal(envelope.message, `target ${placeOf(url)}`);
  }

  /**
   * Backends that loads can be sent to from here, the one whose turn it is first; none where loads are to go
   * through a frontend.
   */
  async backends(signal: AbortSignal): Promise<readonly string[]> {
    if (this.address.via === 'fe') return [];
    if (this.#backends === null || this.#backends.untilMs < Date.now()) {
      this.#backends = { urls: await this.#find(signal), untilMs: Date.now() + LIST_MS };
    }
    const { urls } = this.#backends;
    this.#turn += 1;
    return this.#rested(urls.map((_, index) => urls[(index + this.#turn) % urls.length] ?? ''));
  }

  /** Addresses of the backends that a frontend believes alive. */
  async listed(signal: AbortSignal): Promise<readonly string[]> {
    const parsed = backendsSchema.safeParse(await this.ask('/api/backends?is_alive=true', signal));
    if (!parsed.success) {
      throw new DroverError('CONNECTION_LOST', {
        message: 'target: the list of backends that a frontend gave cannot be read.',
      });
    }
    const scheme = new URL(this.address.fe[0] ?? 'http://localhost').protocol;
    return parsed.data.backends
      .filter((one) => one.is_alive)
      .map((one) => `${scheme}//${one.ip.includes(':') ? `[${one.ip}]` : one.ip}:${one.http_port}`);
  }

  /** Whether a backend answers from here, within seconds. */
  async answers(url: string, signal: AbortSignal): Promise<boolean> {
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(KNOCK_MS)]);
      const path = new URL('/api/health', url).href;
      // Who it is that answers is not known yet: it is not told the login.
      const { status } = await call(null, {
        method: 'GET',
        url: path,
        signal: within,
        answerMs: KNOCK_MS,
      });
      return status < 500;
    } catch {
      signal.throwIfAborted();
      return false;
    }
  }

  /** Where a frontend sends a load or the end of one. */
  async redirect(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<string> {
    const { text, location, url } = await this.askFrontend(path, {
      signal,
      method: 'PUT',
      headers,
    });
    if (location !== undefined && URL.canParse(location)) {
      // The address carries user and password: only the node's own place is used.
      const { protocol, host } = new URL(location);
      return `${protocol}//${host}`;
    }
    const envelope = readEnvelope(text);
    const said = envelope.ok ? 'no address was given' : envelope.message;
    throw refusal(said, `target ${placeOf(url)}`);
  }

  /**
   * Finds out whether a load would reach a backend: one that is listed, or the one that a frontend names.
   * @throws DroverError SERVER_UNAVAILABLE where none answers, or what the frontend is away with.
   */
  async expectBackend(signal: AbortSignal): Promise<void> {
    if ((await this.backends(signal)).length > 0) return;
    // Answered with an address; nobody goes there with it.
    const node = await this.redirect(SOME_END, { txn_operation: 'abort' }, signal);
    if (await this.answers(node, signal)) return;
    throw new DroverError('SERVER_UNAVAILABLE', {
      message: `target: the backend ${placeOf(node)} that a frontend names does not answer.`,
    });
  }

  /** Those that have rested first; all of them, as a last resort. */
  #rested(urls: readonly string[]): readonly string[] {
    const now = Date.now();
    const isTired = (url: string) => (this.#restUntilMs.get(url) ?? 0) > now;
    return [...urls.filter((url) => !isTired(url)), ...urls.filter(isTired)];
  }

  async #find(signal: AbortSignal): Promise<readonly string[]> {
    const { address, log } = this.#parts;
    const listed = address.be.length > 0 ? address.be : await this.listed(signal);
    const reached = await Promise.all(
      listed.map(async (url) => ((await this.answers(url, signal)) ? [url] : [])),
    );
    const urls = reached.flat();
    if (urls.length > 0) return urls;
    const places = listed.map(placeOf).join(', ');
    if (address.via === 'be') {
      throw new DroverError('SERVER_UNAVAILABLE', {
        message: `target: no backend answers${places === '' ? '' : ` (${places})`}.`,
        hint: 'Name addresses of the backends that can be reached from here in target.be, or write via: fe.',
      });
    }
    log.debug('no backend answers from here: loads go through a frontend', { backends: places });
    return [];
  }
}

/** A login that a frontend refuses is told in an envelope of HTTP status 200. */
export function refusal(message: string, where: string): DroverError {
  const refused = /^Unauthorized/i.test(message);
  const error = serverError(message, where);
  return refused ? new DroverError('AUTHENTICATION_FAILED', { message: error.message }) : error;
}
