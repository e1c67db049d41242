import { count, table } from '@drover/telemetry';
import { moment, openGround, openPivot, pivotFile, SHIPS } from './ground.ts';
import { atLeast, bestOf, type Result, rate } from './measure.ts';
import { emptyTables, move, prepare } from './moves.ts';

const ROUNDS = 5;
const MINUTES = 120;

/** Eight ships whose rows lie interleaved: moved by one chunk, and the same rows by a chunk per ship. */
export async function benchShips(): Promise<Result[]> {
  await using ground = await openGround({ ships: SHIPS.length, minutes: MINUTES });
  const span = { from: moment(0), to: moment(MINUTES) };
  const pivot = await openPivot(
    pivotFile({ source: ground.url, target: ground.url, schema: 'wide' }),
  );
  await prepare(pivot, ground.ships);
  const empty = () => emptyTables(ground.sql, 'wide');
  const read = { together: 0, apart: 0 };
  const best = await bestOf(ROUNDS, {
    'empty 1': empty,
    together: async () => {
      read.together = (await move(pivot, { ships: ground.ships, ...span })).read;
    },
    'empty 2': empty,
    apart: async () => {
      read.apart = 0;
      for (const ship of ground.ships) {
        read.apart += (await move(pivot, { ships: [ship], ...span })).read;
      }
    },
  });
  await pivot.close();
  if (read.together !== ground.rows || read.apart !== ground.rows) {
    throw new Error(`read ${read.together} and ${read.apart} of ${ground.rows} rows`);
  }
  const { together = 0, apart = 0 } = best;
  const line = (name: string, ms: number) => [name, (ms / 1000).toFixed(2), rate(ground.rows, ms)];
  process.stdout.write(
    `\nEight ships, two hours: ${count(ground.rows)} narrow rows, ${ground.ships.length * 3} tables\n\n` +
      `${table(
        ['way', 'seconds', 'narrow rows/s'],
        [line('one chunk of eight ships', together), line('eight chunks of one ship', apart)],
      )}\n`,
  );
  return [atLeast('eight ships together against one by one', apart / together, 3)];
}
