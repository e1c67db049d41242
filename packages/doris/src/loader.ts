import { setTimeout as pause } from 'node:timers/promises';
import { DroverError } from '@drover/core';
import { placeOf } from './address.ts';
import { serverError } from './classify.ts';
import { type RefusedRow, readErrorLog } from './error-log.ts';
import { call, upload } from './http.ts';
import { type LoadReply, readFinish, readLoadReply } from './load-reply.ts';
import { headersOf, type LoadRequest, type LoadTarget } from './load-request.ts';
import { type Nodes, refusal } from './nodes.ts';

/** Doris refused rows of a load, and with them the load. */
export class RowsRefused extends Error {
  override readonly name = 'RowsRefused';
  /** The first of them, some 50. */
  readonly rows: readonly RefusedRow[];

  constructor(message: string, rows: readonly RefusedRow[]) {
    super(message);
    this.rows = rows;
  }
}

/** States of a label's newest transaction. */
export type LabelState =
  | 'UNKNOWN'
  | 'PREPARE'
  | 'PRECOMMITTED'
  | 'COMMITTED'
  | 'VISIBLE'
  | 'ABORTED';

const LABEL_STATES: readonly LabelState[] = [
  'UNKNOWN',
  'PREPARE',
  'PRECOMMITTED',
  'COMMITTED',
  'VISIBLE',
  'ABORTED',
];

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1_000;

/** Stream Load: sends rows, commits them, and finds out what became of them. */
export class Loader {
  readonly #nodes: Nodes;

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  /**
   * Sends one load. With two phases it is then ready to be committed, else it is committed, if not visible.
   * @throws RowsRefused; DroverError: whether the load is in the target then, only its label tells.
   */
  async load(request: LoadRequest): Promise<LoadReply> {
    const { node, text } = await this.#send(request);
    const where = `target ${placeOf(node)}`;
    const outcome = readLoadReply(text);
    if (outcome === null) {
      throw new DroverError('CONNECTION_LOST', {
        message: `${where}: the answer to load ${request.label} cannot be read.`,
      });
    }
    switch (outcome.kind) {
      case 'loaded':
        return outcome.reply;
      case 'taken':
        throw new DroverError('LOAD_IN_DOUBT', {
          message: `${where}: label ${request.label} has a load already.`,
        });
      case 'rows refused': {
        const rows = await this.#errorLog(outcome.errorUrl, node, request.signal);
        throw new RowsRefused(`${where}: load ${request.label} was refused for its rows.`, rows);
      }
      case 'failed':
        throw refusal(outcome.message, `${where}: load ${request.label}`);
    }
  }

  /**
   * Commits what two-phase loading has prepared. Where the answer is lost, the label tells.
   * @returns false where the transaction is not there to be committed any more.
   */
  async commit(target: LoadTarget, txnId: number, signal: AbortSignal): Promise<boolean> {
    const { ok, message } = await this.#finish(target, { txn_id: String(txnId) }, 'commit', signal);
    if (ok || /is already (committed|visible)/i.test(message)) return true;
    if (/aborted|not found|is prepare/i.test(message)) return false;
    throw serverError(message, `target: the commit of load ${target.label}`);
  }

  /** Gives up whatever load of the label is not committed yet. Does nothing where there is none. */
  async abort(target: LoadTarget, signal: AbortSignal): Promise<void> {
    const { ok, message } = await this.#finish(target, { label: target.label }, 'abort', signal);
    if (ok || /aborted|not found|already (visible|committed)/i.test(message)) return;
    throw serverError(message, `target: giving up load ${target.label}`);
  }

  /** The state of the label's newest transaction. */
  async state({ database, label }: LoadTarget, signal: AbortSignal): Promise<LabelState> {
    const path = `/api/${encodeURIComponent(database)}/get_load_state?label=${encodeURIComponent(label)}`;
    const data = await this.#nodes.ask(path, signal);
    const state = LABEL_STATES.find((one) => one === data);
    if (state !== undefined) return state;
    throw new DroverError('UNSUPPORTED', {
      message: `target: the state of label ${label} is none that Drover knows.`,
    });
  }

  /**
   * Waits until what was committed under the label can be read.
   * @throws DroverError LOAD_IN_DOUBT where it cannot within `withinMs`.
   */
  async untilVisible(
    target: LoadTarget,
    how: { readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const state = await this.#untilState(target, how, (one) => one !== 'COMMITTED');
    if (state === 'VISIBLE') return;
    throw new DroverError('LOAD_IN_DOUBT', {
      message: `target: load ${target.label} was committed, and is ${state} now.`,
    });
  }

  /**
   * Brings the label to an end, whatever attempts have left there. A load that is ready to be committed is
   * committed where it is the one of `txnId`, else given up, as is one that goes on.
   * @returns whether the label's load is in the target, visible; null where Doris knows nothing of the label,
   *   or nothing any more.
   * @throws DroverError LOAD_IN_DOUBT where Doris does not come to an end within `withinMs`.
   */
  async settleLabel(
    target: LoadTarget,
    how: { readonly txnId: number | null; readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<boolean | null> {
    const { signal } = how;
    const isOver = (one: LabelState) => one !== 'PREPARE' && one !== 'PRECOMMITTED';
    let state = await this.state(target, signal);
    if (state === 'PRECOMMITTED' && how.txnId !== null) {
      await this.commit(target, how.txnId, signal);
      state = await this.state(target, signal);
    }
    if (!isOver(state)) {
      await this.abort(target, signal);
      state = await this.#untilState(target, how, isOver);
    }
    if (state === 'UNKNOWN') return null;
    if (state === 'ABORTED') return false;
    await this.untilVisible(target, how);
    return true;
  }

  async #untilState(
    target: LoadTarget,
    how: { readonly withinMs: number; readonly signal: AbortSignal },
    reached: (state: LabelState) => boolean,
  ): Promise<LabelState> {
    const untilMs = Date.now() + how.withinMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const state = await this.state(target, how.signal);
      if (reached(state)) return state;
      if (Date.now() + pauseMs > untilMs) {
        throw new DroverError('LOAD_IN_DOUBT', {
          message: `target: load ${target.label} is ${state} after ${how.withinMs / 1000} s.`,
        });
      }
      await pause(pauseMs, undefined, { signal: how.signal }).catch(() => {});
      how.signal.throwIfAborted();
    }
  }

  /** To the first backend that is there; which of them a load goes to makes no difference. */
  async #send(request: LoadRequest): Promise<{ node: string; text: string }> {
    const path = `/api/${encodeURIComponent(request.database)}/${encodeURIComponent(request.table)}/_stream_load`;
    const headers = headersOf(request);
    for (const node of await this.#nodes.backends(request.signal)) {
      const sent = await this.#sendTo(node, path, headers, request);
      if (sent.reached) return { node, text: sent.text };
    }
    const node = await this.#nodes.redirect(path, headers, request.signal);
    const sent = await this.#sendTo(node, path, headers, request);
    if (sent.reached) return { node, text: sent.text };
    throw sent.failure;
  }

  /** Not reached: the node knows nothing of the load, and another one may be tried. */
  async #sendTo(
    node: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    { body, signal }: LoadRequest,
  ): Promise<{ reached: true; text: string } | { reached: false; failure: DroverError }> {
    let reached = false;
    try {
      const { text } = await upload(this.#nodes.address, {
        method: 'PUT',
        url: new URL(path, node).href,
        headers,
        body,
        signal,
        answerMs: this.#nodes.answerMs,
        onConnect: () => {
          reached = true;
        },
      });
      return { reached: true, text };
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#nodes.avoid(node);
      if (reached) throw error;
      return { reached: false, failure: error };
    }
  }

  /** Asked of one node after the other: to end a transaction twice is to end it once. */
  async #finish(
    target: LoadTarget,
    what: Readonly<Record<string, string>>,
    operation: 'commit' | 'abort',
    signal: AbortSignal,
  ): Promise<{ ok: boolean; message: string }> {
    const path = `/api/${encodeURIComponent(target.database)}/_stream_load_2pc`;
    const headers = { ...what, txn_operation: operation };
    const ask = async (node: string) => {
      const url = new URL(path, node).href;
      const { text } = await this.#nodes.call({ method: 'PUT', url, headers, signal });
      const answer = readFinish(text);
      if (answer !== null) return answer;
      throw new DroverError('CONNECTION_LOST', {
        message: `target ${placeOf(node)}: the answer to the ${operation} of load ${target.label} cannot be read.`,
      });
    };
    for (const node of await this.#nodes.backends(signal)) {
      try {
        return await ask(node);
      } catch (error) {
        if (!isLost(error)) throw error;
        this.#nodes.avoid(node);
      }
    }
    return ask(await this.#nodes.redirect(path, headers, signal));
  }

  /**
   * The log is where the load was, whatever name its node gives itself, or at a store of files, which has no
   * business with the login. Without it nobody can say which rows they are; that they were refused is known.
   */
  async #errorLog(
    errorUrl: string,
    node: string,
    signal: AbortSignal,
  ): Promise<readonly RefusedRow[]> {
    if (!URL.canParse(errorUrl)) return [];
    const said = new URL(errorUrl);
    const own = said.pathname.startsWith('/api/');
    const url = own ? new URL(`${said.pathname}${said.search}`, node).href : said.href;
    const { address, answerMs } = this.#nodes;
    try {
      const wanted = { method: 'GET', url, signal, answerMs } as const;
      const { text } = await call(own ? address : null, wanted);
      return readErrorLog(text);
    } catch (error) {
      if (error instanceof DroverError) return [];
      throw error;
    }
  }
}

const isLost = (error: unknown): error is DroverError =>
  error instanceof DroverError && error.code === 'CONNECTION_LOST';
