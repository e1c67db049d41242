import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { identifier } from '@drover/postgres';
import { count, table } from '@drover/telemetry';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { pivotByCrosstab } from './crosstab.ts';
import { type Ground, moment, openGround, openPivot, pivotFile } from './ground.ts';
import { atLeast, atMost, bestOf, type Result, rate } from './measure.ts';
import { emptyTables, move, prepare } from './moves.ts';
import { pivotRowsInProcess } from './rows-process.ts';
import { type Recording, startWireRecorder } from './wire-recorder.ts';

const ROUNDS = 3;

const DAY_MINUTES = 24 * 60;

/** One chunk of the default length, a day of two ships, by one worker, against the other ways to do it. */
export async function benchOneChunk(): Promise<Result[]> {
  await using ground = await openGround({ ships: 2, minutes: DAY_MINUTES });
  const span = { from: moment(0), to: moment(DAY_MINUTES) };
  const { rows, ships } = ground;
  const recording = await record(ground, span);
  const pivot = await openPivot(
    pivotFile({ source: ground.url, target: ground.url, schema: 'wide' }),
  );
  await prepare(pivot, ground.ships);
  const empty = () => emptyTables(ground.sql, 'wide');
  const best = await bestOf(ROUNDS, {
    'empty 1': empty,
    'Drover: one chunk': () => move(pivot, { ships, ...span }),
    'empty 2': empty,
    '(a) the same COPY out, discarded': () => copyOut(ground.url, recording),
    '(b) the same bytes, COPYed in': () => copyIn(ground.url, recording, 'wide'),
    'empty 3': empty,
  });
  const types = { default: 'default', text: 'text' } as const;
  const others = await bestOf(1, {
    'rows as objects, COPY in': () =>
      pivotRowsInProcess(ground.url, span, { schema: 'wide', types: types.default }),
    'empty 4': empty,
    'the same, every value left as text': () =>
      pivotRowsInProcess(ground.url, span, { schema: 'wide', types: types.text }),
    'empty 5': empty,
    crosstab: () => pivotByCrosstab(ground.url, { ships, ...span }, 'wide'),
  });
  await pivot.close();
  const ms = { ...best, ...others };
  const ways = Object.entries(ms).filter(([name]) => !name.startsWith('empty'));
  process.stdout.write(
    `\nOne chunk: ${count(rows)} narrow rows, ${ships.length} ships, one day, ${ships.length * 3} tables\n\n` +
      `${table(
        ['way', 'seconds', 'narrow rows/s'],
        ways.map(([name, one]) => [name, (one / 1000).toFixed(2), rate(rows, one)]),
      )}\n`,
  );
  const drover = ms['Drover: one chunk'] ?? 0;
  const halves =
    (ms['(a) the same COPY out, discarded'] ?? 0) + (ms['(b) the same bytes, COPYed in'] ?? 0);
  return [
    atLeast('one chunk against rows as objects', (ms['rows as objects, COPY in'] ?? 0) / drover, 6),
    atLeast('one chunk against crosstab', (ms['crosstab'] ?? 0) / drover, 5),
    atMost('one chunk against (a) + (b)', drover / halves, 1.15, 'x'),
  ];
}

/** What one move sends and receives, by listening in. */
async function record(ground: Ground, span: { from: string; to: string }): Promise<Recording> {
  await using recorder = await startWireRecorder(ground.url);
  const pivot = await openPivot(
    pivotFile({ source: recorder.url, target: recorder.url, schema: 'recorded' }),
  );
  await prepare(pivot, ground.ships);
  await move(pivot, { ships: ground.ships, ...span });
  await pivot.close();
  return recorder.recording;
}

async function copyOut(url: string, recording: Recording): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin isolation level repeatable read');
  await client.query(
    'set local enable_hashagg = off; set local enable_sort = off; set local enable_seqscan = off; set local enable_bitmapscan = off; set local jit_inline_above_cost = -1; set local max_parallel_workers_per_gather = 0',
  );
  for (const statement of recording.copiesOut) {
    await finished(client.query(copyTo(statement)).resume());
  }
  await client.end();
}

/** Into the wide tables themselves: no staging, no ledger, one COPY per table. */
async function copyIn(url: string, recording: Recording, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin');
  const tables = await client.query<{ relname: string }>(
    `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'r' order by c.relname`,
    [schema],
  );
  // Staging tables are numbered in the order of the tables.
  const number = (statement: string) => Number(/stage_(\d+)/.exec(statement)?.[1]);
  const copies = [...recording.copiesIn].sort(([a], [b]) => number(a) - number(b));
  for (const [index, [, pieces]] of copies.entries()) {
    const name = tables.rows[index]?.relname ?? '';
    const stream = client.query(
      copyFrom(`copy ${identifier(schema)}.${identifier(name)} from stdin (format binary)`),
    );
    for (const piece of joined(pieces)) if (!stream.write(piece)) await once(stream, 'drain');
    stream.end();
    await once(stream, 'finish');
  }
  await client.query('commit');
  await client.end();
}

/** Several binary COPYs of a table as one: the first one's header, all rows, the last one's trailer. */
function joined(pieces: readonly Buffer[]): Buffer[] {
  const [header, trailer] = [19, 2];
  return pieces.map((piece, index) =>
    piece.subarray(index === 0 ? 0 : header, index === pieces.length - 1 ? undefined : -trailer),
  );
}
