import { count, table } from '@drover/telemetry';
import { atMost, bestOf, type Result } from './measure.ts';
import type { WarehouseGround } from './warehouse-ground.ts';
import { firstRows, openMover } from './warehouse-moves.ts';

/** How often a chunk of so many rows is moved; the best time counts. */
const SIZES = [
  { rows: 100_000, rounds: 10 },
  { rows: 1_000_000, rounds: 3 },
  { rows: 10_000_000, rounds: 2 },
] as const;

/** What a row costs, in chunks of three lengths. */
export async function benchWarehouseFlat(ground: WarehouseGround): Promise<Result[]> {
  await ground.fill('narrow');
  const mover = await openMover(ground, ['narrow']);
  const costs: { rows: number; ms: number; nanoseconds: number }[] = [];
  for (const { rows, rounds } of SIZES) {
    await ground.sink.announce('narrow', rows);
    const { ms = 0 } = await bestOf(rounds, { ms: () => mover.move(firstRows('narrow', rows)) });
    costs.push({ rows, ms, nanoseconds: (ms * 1e6) / rows });
  }
  await mover.close();
  await ground.sink.announce('narrow', null);
  process.stdout.write(
    `\nCost of a row: one narrow chunk, by its length\n\n` +
      `${table(
        ['rows', 'seconds', 'ns a row'],
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
