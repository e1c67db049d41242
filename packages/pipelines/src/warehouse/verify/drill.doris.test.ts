import { type DorisStandIn, startDorisStandIn } from '@drover/stand-ins';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Drill, type DrillLimits, differingRows } from './drill.ts';
import { placeOf } from './scope.ts';
import { openSides } from './sides.ts';
import { wholeRows } from './subject.ts';
import { type TextRow, type VerifyFixture, verifyFixture } from './testing/verify-fixture.ts';

let doris: DorisStandIn;
beforeAll(async () => {
  doris = await startDorisStandIn();
});
afterAll(async () => {
  await doris[Symbol.asyncDispose]();
});

const ROWS = 300;

/** So few that a small table takes every way down that a large one would. */
const LIMITS: DrillLimits = { rangeRows: 8, bucketRows: 12, digits: 1, passes: 2 };

const SHAPES = [
  { name: 'ranges of a key', key: 'id int primary key, name text' },
  {
    name: 'ranges of a key of two columns',
    key: `name text collate "C", id int, primary key (name, id)`,
  },
  { name: 'buckets of a key', key: 'id int, name text collate "en-US-x-icu" primary key' },
  { name: 'buckets of rows', key: 'id int, name text' },
];

function fixtureOf(key: string): Promise<VerifyFixture> {
  return verifyFixture({ postgresUrl: inject('postgresUrl'), doris }, [
    `create table public.t (${key}, a text)`,
    `insert into public.t (id, name, a) select n, 'n' || n % 7 || '_' || n, 'a' || n from generate_series(1, ${ROWS}) as n`,
  ]);
}

async function drilled(
  { parts, plan, context }: VerifyFixture,
  overrides: Partial<Drill> = {},
): Promise<{ found: string[]; batches: number[]; unread: number }> {
  await using sides = await openSides(parts, context());
  const subject = wholeRows(plan);
  const drill = {
    sides,
    subject,
    limits: LIMITS,
    async told() {},
    enough: () => false,
    ...overrides,
  };
  const found: string[] = [];
  const batches: number[] = [];
  let unread = 0;
  for await (const batch of differingRows(drill, placeOf({}))) {
    batches.push(batch.rows.length);
    unread += batch.unread;
    found.push(
      ...batch.rows.map(({ kind, source, target }) => `${kind} ${(source ?? target)?.hash}`),
    );
  }
  return { found: found.sort(), batches, unread };
}

/** Every 13th row is missing, every 17th otherwise, and some are too many. */
function spoil(rows: TextRow[]): TextRow[] {
  const id = (row: TextRow) => Number(row['id']);
  return [
    ...rows
      .filter((row) => id(row) % 13 !== 0)
      .map((row) => (id(row) % 17 === 0 ? { ...row, a: 'other' } : row)),
    ...Array.from({ length: 30 }, (_, index) => ({
      id: String(10_000 + index),
      name: `z${index}`,
      a: 'a',
    })),
  ];
}

const ids = Array.from({ length: ROWS }, (_, index) => index + 1);
const missing = ids.filter((id) => id % 13 === 0).length;
const otherwise = ids.filter((id) => id % 17 === 0 && id % 13 !== 0).length;

describe('the way from a digest to the rows', () => {
  // Mutations: one part of a cut left out; a bucket lost between two batches; only buckets that the source has.
  test.each(SHAPES)('finds every row once by $name', async ({ key }) => {
    await using fixture = await fixtureOf(key);
    await fixture.copy(spoil);
    const keyed = fixture.plan.key.length > 0;
    const { found, batches } = await drilled(fixture);
    const counts = (kind: string) => found.filter((one) => one.startsWith(kind)).length;
    expect(new Set(found).size).toBe(found.length);
    expect([counts('missing'), counts('extra'), counts('different')]).toEqual(
      keyed ? [missing, 30, otherwise] : [missing + otherwise, 30 + otherwise, 0],
    );
    expect(Math.max(...batches)).toBeLessThanOrEqual(2 * LIMITS.bucketRows);
    expect(batches.length).toBeGreaterThan(5);

    await fixture.copy();
    expect((await drilled(fixture)).batches).toEqual([]);
  });

  test('reads no more than was asked for where everything without order differs', async () => {
    await using fixture = await fixtureOf('id int, name text');
    await fixture.copy((rows) => rows.map((row) => ({ ...row, a: 'other' })));
    let asked = 0;
    const limits = { ...LIMITS, digits: 3, bucketRows: 50 };
    const { found, batches, unread } = await drilled(fixture, {
      limits,
      enough: () => {
        asked += 1;
        return true;
      },
    });
    expect(asked).toBe(1);
    expect(batches).toHaveLength(limits.passes + 1);
    const bucketsOf = (rows: string[]) =>
      new Set(rows.map((row) => row.split(' ')[1]?.slice(0, 2)));
    const all = await drilled(fixture, { limits });
    expect(unread).toBe(bucketsOf(all.found).size - bucketsOf(found).size);
    expect(unread).toBeGreaterThan(50);
  });
});
