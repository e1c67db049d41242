import { count, table } from '@drover/telemetry';
import { atMost, type Result, timed } from './measure.ts';
import type { WarehouseGround } from './warehouse-ground.ts';
import { firstRows, openMover } from './warehouse-moves.ts';
import { median } from './warehouse-pairs.ts';

/** How often a chunk of so many rows is moved in a round. */
const SIZES = [
  { rows: 100_000, times: 10 },
  { rows: 1_000_000, times: 3 },
  { rows: 10_000_000, times: 1 },
] as const;

const ROUNDS = 3;

/** What a row costs, in chunks of three lengths: the time in the middle, as a long chunk is never undisturbed. */
export async function benchWarehouseFlat(ground: WarehouseGround): Promise<Result[]> {
  await ground.fill('narrow');
  const mover = await openMover(ground, ['narrow']);
  const times = new Map<number, number[]>(SIZES.map(({ rows }) => [rows, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { rows, times: often } of SIZES) {
      await ground.sink.announce('narrow', rows);
      for (let turn = 0; turn < often; turn += 1) {
        times.get(rows)?.push(await timed(() => mover.move(firstRows('narrow', rows))));
      }
    }
  }
  const costs = [...times].map(([rows, all]) => {
    const ms = median(all);
    return { rows, ms, nanoseconds: (ms * 1e6) / rows };
  });
  await mover.close();
  await ground.sink.announce('narrow', null);
  process.stdout.write(
    `\nCost of a row: one narrow chunk, by its length\n\n` +
      `${table(
        ['rows', 'seconds, median', 'ns a row'],
        costs.map((one) => [
          count(one.rows),
          (one.ms / 1000).toFixed(3),
          one.nanoseconds.toFixed(0),
        ]),
      )}\n`,
  );
  const all = costs.map(({ nanoseconds }) => nanoseconds);
  return [
    atMost(
      'cost of a row, dearest against cheapest',
      Math.max(...all) / Math.min(...all),
      1.25,
      'x',
    ),
  ];
}
