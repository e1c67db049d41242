import type { Pipeline } from '@drover/core';
import { count, table } from '@drover/telemetry';
import { moment, openGround, openPivot, pivotFile } from './ground.ts';
import { atMost, type Result, rate, timed } from './measure.ts';
import { emptyTables, move, prepare, verify } from './moves.ts';

const ROUNDS = 3;
const DAY_MINUTES = 24 * 60;
const CHUNK_MINUTES = [DAY_MINUTES, 6 * 60, 60];

interface Sums {
  readonly moveMs: number;
  readonly verifyMs: number;
}

/** A day of two ships, moved and then verified, in chunks of several lengths: sums over the same chunks. */
export async function benchVerify(): Promise<Result[]> {
  await using ground = await openGround({ ships: 2, minutes: DAY_MINUTES });
  const pivot = await openPivot(
    pivotFile({ source: ground.url, target: ground.url, schema: 'wide' }),
  );
  await prepare(pivot, ground.ships);
  const best = new Map<number, Sums>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const minutes of CHUNK_MINUTES) {
      await emptyTables(ground.sql, 'wide');
      const sums = await moveAndVerify(pivot, { ...ground, minutes });
      const former = best.get(minutes);
      best.set(minutes, {
        moveMs: Math.min(sums.moveMs, former?.moveMs ?? Number.POSITIVE_INFINITY),
        verifyMs: Math.min(sums.verifyMs, former?.verifyMs ?? Number.POSITIVE_INFINITY),
      });
    }
  }
  await pivot.close();
  process.stdout.write(
    `\nVerifying: ${count(ground.rows)} narrow rows, 2 ships, one day\n\n` +
      `${table(
        ['chunks', 'moving, s', 'verifying, s', 'rows/s verified', 'verifying / moving'],
        [...best].map(([minutes, { moveMs, verifyMs }]) => [
          `${DAY_MINUTES / minutes} of ${minutes / 60} h`,
          (moveMs / 1000).toFixed(2),
          (verifyMs / 1000).toFixed(2),
          rate(ground.rows, verifyMs),
          (verifyMs / moveMs).toFixed(2),
        ]),
      )}\n`,
  );
  const { moveMs, verifyMs } = best.get(DAY_MINUTES) ?? { moveMs: 0, verifyMs: 0 };
  return [atMost('verifying against moving, chunk of a day', verifyMs / moveMs, 1, 'x')];
}

async function moveAndVerify(
  pivot: Pipeline,
  of: { ships: readonly string[]; rows: number; minutes: number },
): Promise<Sums> {
  const spans = Array.from({ length: DAY_MINUTES / of.minutes }, (_, index) => ({
    ships: of.ships,
    from: moment(index * of.minutes),
    to: moment((index + 1) * of.minutes),
  }));
  const moveMs = await timed(async () => {
    for (const span of spans) await move(pivot, span);
  });
  let compared = 0;
  const verifyMs = await timed(async () => {
    for (const span of spans) {
      const verdict = await verify(pivot, span);
      if (verdict.wrong + verdict.stale > 0) throw new Error('what was moved is not what is there');
      compared += verdict.compared;
    }
  });
  if (compared !== of.rows) throw new Error(`compared ${compared} of ${of.rows} rows`);
  return { moveMs, verifyMs };
}
