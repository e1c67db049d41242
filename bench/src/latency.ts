import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Pipeline } from '@drover/core';
import { count, table } from '@drover/telemetry';
import pg from 'pg';
import { moment, openGround, openPivot, pivotFile } from './ground.ts';
import { atLeast, bestOf, type Result, rate, timed } from './measure.ts';
import { emptyTables, move, prepare } from './moves.ts';

const ROUNDS = 3;
const DAY_MINUTES = 24 * 60;
const ONE_WAY_MS = 10;

/** The chunk of `chunk`, with 20 ms of round trip to both databases, against the loopback. */
export async function benchLatency(): Promise<Result[]> {
  await using ground = await openGround({ ships: 2, minutes: DAY_MINUTES });
  await using near = await startLine(ground.url, 0);
  await using far = await startLine(ground.url, ONE_WAY_MS);
  const lines = [
    { name: 'loopback', url: ground.url },
    { name: 'loopback by way of the proxy', url: near.url },
    { name: '20 ms of round trip', url: far.url },
  ];
  const pivots = new Map<string, Pipeline>();
  for (const { name, url } of lines) {
    const pivot = await openPivot(pivotFile({ source: url, target: url, schema: 'wide' }));
    if (pivots.size === 0) await prepare(pivot, ground.ships);
    pivots.set(name, pivot);
  }
  const empty = () => emptyTables(ground.sql, 'wide');
  const best: Record<number, Record<string, number>> = {};
  for (const minutes of [DAY_MINUTES, 60]) {
    const span = { ships: ground.ships, from: moment(0), to: moment(minutes) };
    best[minutes] = await bestOf(
      ROUNDS,
      Object.fromEntries(
        [...pivots].flatMap(([name, pivot]) => [
          [`empty before ${name}`, empty],
          [name, () => move(pivot, span)],
        ]),
      ),
    );
  }
  const roundTrips: Record<string, number> = {};
  for (const { name, url } of lines) roundTrips[name] = await roundTripMs(url);
  for (const pivot of pivots.values()) await pivot.close();
  const day = best[DAY_MINUTES] ?? {};
  const hour = best[60] ?? {};
  process.stdout.write(
    `\nLatency: ${count(ground.rows)} narrow rows in one chunk of a day, and one of an hour\n\n` +
      `${table(
        ['line', 'round trip, ms', 'day, s', 'narrow rows/s', 'hour, s'],
        lines.map(({ name }) => [
          name,
          (roundTrips[name] ?? 0).toFixed(1),
          ((day[name] ?? 0) / 1000).toFixed(2),
          rate(ground.rows, day[name] ?? 0),
          ((hour[name] ?? 0) / 1000).toFixed(2),
        ]),
      )}\n`,
  );
  return [
    atLeast(
      '20 ms away against loopback, chunk of a day',
      (day['loopback'] ?? 0) / (day['20 ms of round trip'] ?? 0),
      0.8,
    ),
  ];
}

interface Line extends AsyncDisposable {
  readonly url: string;
}

async function startLine(url: string, latencyMs: number): Promise<Line> {
  const child = fork(fileURLToPath(new URL('./latency-proxy.js', import.meta.url)));
  child.send({ url, latencyMs });
  const [answer] = (await once(child, 'message')) as [string];
  return {
    url: answer,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

async function roundTripMs(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const times: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) times.push(await timed(() => client.query('select 1')));
  await client.end();
  return times.sort((a, b) => a - b)[10] ?? 0;
}
