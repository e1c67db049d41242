import { type DorisStandIn, type DorisStandInOptions, startDorisStandIn } from '../stand-in.ts';
import { type Reply, send } from './http-client.ts';
import { createShips } from './tables.ts';

/** What a load replied, as it says it. */
export type LoadReply = Readonly<Record<string, string | number>>;

/** The headers of the recipe (§5). */
export const RECIPE = {
  expect: '100-continue',
  format: 'csv',
  column_separator: ',',
  enclose: '"',
  escape: '\\',
  trim_double_quotes: 'true',
  strict_mode: 'true',
  max_filter_ratio: '0',
  timeout: '600',
};

/** A stand-in with the table harbour.ships. */
export async function startHarbour(
  options: DorisStandInOptions & { model?: 'UNIQUE' | 'DUPLICATE' } = {},
) {
  const { model = 'UNIQUE', ...rest } = options;
  const doris = await startDorisStandIn(rest);
  const ships = createShips(doris.catalogue, model);
  return {
    doris,
    ships,
    be: doris.beUrls[0] ?? '',
    status: (label: string) => doris.transactions.statusOf('harbour', label),
    [Symbol.asyncDispose]: () => doris[Symbol.asyncDispose](),
  };
}

/** Loads into harbour.ships by the first backend. */
export function load(
  doris: DorisStandIn,
  body: string | Uint8Array | AsyncIterable<Uint8Array>,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return send('PUT', `${doris.beUrls[0]}/api/harbour/ships/_stream_load`, {
    headers: { 'transfer-encoding': 'chunked', ...RECIPE, ...headers },
    body,
  });
}

export function replyOf({ text }: Reply): LoadReply {
  return JSON.parse(text) as LoadReply;
}

export async function endPhase(
  doris: DorisStandIn,
  headers: Record<string, string>,
): Promise<LoadReply> {
  const url = `${doris.beUrls[0]}/api/harbour/_stream_load_2pc`;
  return replyOf(await send('PUT', url, { headers }));
}
