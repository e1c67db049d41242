import { startDorisStandIn } from '@drover/stand-ins';
import { expect, inject, test } from 'vitest';
import { differingRows } from './drill.ts';
import { placeOf } from './scope.ts';
import { openSides } from './sides.ts';
import { wholeRows } from './subject.ts';
import { verifyFixture } from './testing/verify-fixture.ts';

/** More than one query of Postgres can measure, as each takes 11 of its 1,664 results. */
const FLOATS = 160;
const COLUMNS = Array.from({ length: FLOATS }, (_, index) => `f${index}`);

test('among more floats than one query can measure the one that differs is found', async () => {
  await using doris = await startDorisStandIn();
  await using fixture = await verifyFixture({ postgresUrl: inject('postgresUrl'), doris }, [
    `create table public.t (id int, ${COLUMNS.map((name) => `${name} float8`).join(', ')})`,
    `insert into public.t (id, f0, f${FLOATS - 1}) select i, i / 3.0, i / 8.0 from generate_series(1, 8) i`,
  ]);
  const found = async () => {
    await using sides = await openSides(fixture.parts, fixture.context());
    const limits = { rangeRows: 3, bucketRows: 4, digits: 1, passes: 5 };
    const drill = { sides, limits, async told() {}, enough: () => false };
    const subject = wholeRows(fixture.plan);
    const rows: unknown[] = [];
    for await (const batch of differingRows({ ...drill, subject }, placeOf({}))) {
      rows.push(...batch.rows.map(({ kind, source }) => [kind, source?.loose.at(-1)]));
    }
    return rows;
  };
  await fixture.copy();
  expect(await found()).toEqual([]);
  await fixture.copy((rows) =>
    rows.map((row) => (row['id'] === '7' ? { ...row, [`f${FLOATS - 1}`]: '0.5' } : row)),
  );
  expect(await found()).toEqual([['different', '0.875']]);
});
