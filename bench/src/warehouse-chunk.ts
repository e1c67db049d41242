import { bytes, count } from '@drover/telemetry';
import { atLeast, type Result } from './measure.ts';
import type { WarehouseGround } from './warehouse-ground.ts';
import { firstRows, openMover, rowsOf, type Span } from './warehouse-moves.ts';
import { inPairs, pairsTable } from './warehouse-pairs.ts';
import { pipe } from './warehouse-pipe.ts';

const ROUNDS = 7;
const ROUNDS_OF_FOUR = 5;
const NARROW_ROWS = 2_000_000;
const LOADS = 4;
const ROWS_OF_FOUR = 750_000;

/** One connection: a chunk by Drover, against `psql | curl`. */
export async function benchWarehousePipe(ground: WarehouseGround): Promise<Result[]> {
  const results: Result[] = [];
  for (const span of [firstRows('narrow', NARROW_ROWS), firstRows('wide')]) {
    const ratio = await compare(ground, { spans: [span], rounds: ROUNDS });
    results.push(atLeast(`one ${span.table} chunk against psql | curl`, ratio, 1));
  }
  return results;
}

/** Four loads at once by one process, against four pairs of processes. */
export async function benchWarehouseParallel(ground: WarehouseGround): Promise<Result[]> {
  const spans = Array.from({ length: LOADS }, (_, index): Span => {
    const from = 1 + index * ROWS_OF_FOUR;
    return { table: 'narrow', from, to: from + ROWS_OF_FOUR };
  });
  const ratio = await compare(ground, { spans, rounds: ROUNDS_OF_FOUR });
  return [atLeast(`${LOADS} loads by one worker against ${LOADS} x psql | curl`, ratio, 0.9)];
}

/** All spans at once, by both; they are of one table and of one length. */
async function compare(
  ground: WarehouseGround,
  { spans, rounds }: { spans: readonly Span[]; rounds: number },
): Promise<number> {
  const [first] = spans;
  if (first === undefined) throw new Error('there is nothing to compare');
  await ground.fill(first.table);
  const rows = rowsOf(first);
  await ground.sink.announce(first.table, rows);
  const mover = await openMover(ground, [first.table]);
  const ours = async () => {
    const receipts = await Promise.all(spans.map((span) => mover.move(span)));
    return receipts.map(({ bytesWritten }) => bytesWritten);
  };
  const theirs = () => Promise.all(spans.map((span) => pipe(ground, span)));
  // Connections and code are warm then, and both are seen to send the same.
  const [sent, piped] = [await ours(), await theirs()];
  if (sent.join() !== piped.join()) {
    throw new Error(`Drover sent ${sent.join()} bytes, psql | curl ${piped.join()}`);
  }
  const pairs = await inPairs(rounds, { ours, theirs });
  await mover.close();
  await ground.sink.announce(first.table, null);
  const all = rows * spans.length;
  const each = Math.round((sent[0] ?? 0) / rows);
  process.stdout.write(
    `\n${spans.length === 1 ? 'One load' : `${spans.length} loads at once`}: ${count(all)} rows of ${first.table}, ${bytes(each)} each\n\n` +
      `${pairsTable(all, pairs, { ours: 'Drover', theirs: 'psql | curl' })}\n`,
  );
  return pairs.ratio;
}
