import { randomUUID } from 'node:crypto';
import type { Host, Pipeline } from '@drover/core';
import { loadPipeline } from '@drover/pipelines';
import { type Database, openDatabase } from '@drover/postgres';
import { createSeriesTable, fillSeries, SAMPLE_GROUPS } from '@drover/sample-data';
import { type PostgresServer, startPostgres } from '@drover/servers';
import { count, duration } from '@drover/telemetry';

export const SHIPS = Array.from(
  { length: 8 },
  (_, index) => `SHIP${String(index + 1).padStart(4, '0')}`,
);
export const START = '2026-01-01 00:00:00';

/** A server with default settings, and on it the narrow series of some ships. */
export interface Ground extends AsyncDisposable {
  readonly server: PostgresServer;
  readonly url: string;
  readonly sql: Database;
  readonly ships: readonly string[];
  readonly rows: number;
}

export async function openGround(of: { ships: number; minutes: number }): Promise<Ground> {
  const server = await startPostgres();
  const sql = openDatabase(server.url, {
    side: 'bench',
    applicationName: 'bench',
    max: 4,
    answerTimeoutMs: 3600_000,
  });
  await createSeriesTable(sql);
  const start = performance.now();
  const rows = await fillSeries(sql, { ...of, from: START });
  process.stdout.write(
    `\n${server.origin}: ${of.ships} ships, ${of.minutes / 60} h, ${count(rows)} narrow rows made in ${duration(performance.now() - start)}\n`,
  );
  return {
    server,
    url: server.url,
    sql,
    ships: SHIPS.slice(0, of.ships),
    rows,
    async [Symbol.asyncDispose]() {
      await sql.close();
      await server.stop();
    },
  };
}

export const moment = (minutes: number): string =>
  new Date(Date.parse(`${START.replace(' ', 'T')}Z`) + minutes * 60_000)
    .toISOString()
    .slice(0, 19)
    .replace('T', ' ');

/** The migration file of a pivot of the series, as the loader would read it. */
export function pivotFile(of: {
  source: string;
  target: string;
  schema: string;
  queue?: string;
  chunk?: string;
  from?: string;
  to?: string;
}): { readonly [key: string]: unknown } {
  return {
    name: `bench-${of.schema.replaceAll('_', '-')}`,
    pipeline: 'pivot',
    queue: { url: of.queue ?? 'redis://127.0.0.1:1' },
    source: { connection: of.source },
    target: { connection: of.target, schema: of.schema, columnType: 'native' },
    groups: SAMPLE_GROUPS.map(({ name, title, channels }) => ({
      name,
      title,
      channels: { list: channels.map((channel) => channel.name) },
    })),
    chunk: { length: of.chunk ?? '1h' },
    ...(of.from === undefined ? {} : { from: of.from }),
    ...(of.to === undefined ? {} : { to: of.to }),
  };
}

export const benchHost: Host = {
  name: 'bench',
  pid: process.pid,
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => randomUUID(),
};

export async function openPivot(file: { readonly [key: string]: unknown }): Promise<Pipeline> {
  const definition = await loadPipeline('pivot');
  return definition.create({
    spec: definition.schema.parse(file),
    lists: new Map(),
    host: benchHost,
  });
}
