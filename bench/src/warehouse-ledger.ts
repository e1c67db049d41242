import { randomUUID } from 'node:crypto';
import type { Json } from '@drover/core';
import { Loader, Nodes } from '@drover/doris';
import { Session } from '@drover/postgres';
import { startRedis } from '@drover/servers';
import { count } from '@drover/telemetry';
import { silentLog } from '@drover/testkit';
import { atMost, type Result, timed } from './measure.ts';
import type { WarehouseGround } from './warehouse-ground.ts';
import { firstRows } from './warehouse-moves.ts';
import { pairsOf, pairsTable } from './warehouse-pairs.ts';
import { handWrittenCopy } from './warehouse-pipe.ts';
import { runTable } from './warehouse-run.ts';
import { SCHEMA } from './warehouse-tables.ts';

const ROUNDS = 3;

/**
 * A run of one worker, with its ledger, labels and two phases a load, against the same loads without any of them:
 * each commits by its end, and nobody asks for its label.
 */
export async function benchWarehouseLedger(ground: WarehouseGround): Promise<Result[]> {
  const redis = await startRedis();
  if ('unavailable' in redis) throw new Error(redis.unavailable);
  await using _ = redis;
  const ours: number[] = [];
  const theirs: number[] = [];
  let rows = 0;
  let chunks = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const run = await runTable(ground, redis, { table: 'narrow', name: `bench-ledger-${round}` });
    ours.push(run.ms);
    theirs.push(await loadOnly(ground, run.ranges));
    rows = run.rows;
    chunks = run.ranges.length;
  }
  const pairs = pairsOf(ours, theirs);
  const names = { ours: 'two phases, labels, ledger, queue', theirs: 'loads alone' };
  process.stdout.write(
    `\nCertainty: ${count(rows)} narrow rows in ${chunks} chunks as they are planned by default\n\n` +
      `${pairsTable(rows, pairs, names)}\n`,
  );
  return [atMost('a run against its loads alone', 1 / pairs.ratio, 1.1, 'x')];
}

/** COPY into Stream Load, one range after another. @returns milliseconds. */
async function loadOnly(ground: WarehouseGround, ranges: readonly Json[]): Promise<number> {
  const { fe, queryPort, user } = ground.sink;
  const place = { fe: [fe], be: [], via: 'auto', queryPort } as const;
  const address = { ...place, user, password: '', tls: false };
  const loader = new Loader(new Nodes({ address, log: silentLog, answerMs: 60_000 }));
  await using session = await Session.open(ground.url, {
    side: 'source',
    applicationName: 'bench',
  });
  return await timed(async () => {
    for (const range of ranges) {
      const { from, to } = range as { from: [string] | null; to: [string] | null };
      const whole = firstRows('narrow');
      const span = {
        ...whole,
        ...(from === null ? {} : { from: Number(from[0]) }),
        ...(to === null ? {} : { to: Number(to[0]) }),
      };
      const { loadedRows } = await loader.load({
        database: SCHEMA,
        table: 'narrow',
        label: randomUUID(),
        columns: [],
        twoPhase: false,
        merge: 'append',
        compress: 'off',
        timeoutSeconds: 3600,
        body: () => session.copyOut(handWrittenCopy(span)),
        signal: new AbortController().signal,
      });
      if (loadedRows !== span.to - span.from) throw new Error(`${loadedRows} rows were loaded`);
    }
  });
}
