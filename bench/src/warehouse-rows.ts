import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { count } from '@drover/telemetry';
import pg from 'pg';
import QueryStream from 'pg-query-stream';
import { atLeast, type Result } from './measure.ts';
import type { WarehouseGround } from './warehouse-ground.ts';
import { firstRows, openMover, type Span } from './warehouse-moves.ts';
import { inPairs, pairsTable } from './warehouse-pairs.ts';
import { SCHEMA } from './warehouse-tables.ts';

const ROUNDS = 3;
const ROWS = 500_000;
const ROWS_AT_ONCE = 10_000;

interface Order {
  readonly url: string;
  readonly be: string;
  readonly span: Span;
}

/** A chunk by Drover, against rows as objects that are sent as JSON. */
export async function benchWarehouseRows(ground: WarehouseGround): Promise<Result[]> {
  await ground.fill('narrow');
  const span = firstRows('narrow', ROWS);
  await ground.sink.announce('narrow', ROWS);
  const mover = await openMover(ground, ['narrow']);
  const { url, sink } = ground;
  const pairs = await inPairs(ROUNDS, {
    ours: () => mover.move(span),
    theirs: () => sendInProcess({ url, be: sink.be, span }),
  });
  await mover.close();
  await sink.announce('narrow', null);
  process.stdout.write(
    `\nRows as objects: ${count(ROWS)} narrow rows, in JSON arrays of ${count(ROWS_AT_ONCE)}\n\n` +
      `${pairsTable(ROWS, pairs, { ours: 'Drover', theirs: 'rows as objects, JSON' })}\n`,
  );
  return [atLeast('one chunk against rows as JSON', pairs.ratio, 5)];
}

/** In a process of its own, with the heap that Node gives it. */
async function sendInProcess(order: Order): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), { execArgv: [] });
  child.send(order);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the process of the rows ended with ${code}`);
}

/** As it is usually written: rows are streamed as objects, gathered, and sent as an array. */
async function sendRows({ url, be, span }: Order): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const rows = client.query(
    new QueryStream(
      `select * from ${SCHEMA}.${span.table} where id >= $1 and id < $2`,
      [span.from, span.to],
      { batchSize: ROWS_AT_ONCE },
    ),
  );
  const target = `${be}/api/${SCHEMA}/${span.table}/_stream_load`;
  let batch: object[] = [];
  const send = async () => {
    const answer = await fetch(target, {
      method: 'PUT',
      headers: { format: 'json', strip_outer_array: 'true' },
      body: JSON.stringify(batch),
    });
    if (!answer.ok) throw new Error(`the load was answered ${answer.status}`);
    await answer.text();
    batch = [];
  };
  for await (const row of rows) {
    batch.push(row as object);
    if (batch.length === ROWS_AT_ONCE) await send();
  }
  if (batch.length > 0) await send();
  await client.end();
}

// As the program of that process.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (order: Order) => {
    void sendRows(order).then(() => process.disconnect());
  });
}
