import { type Intent, isBalanced, type Reject } from '@drover/core';
import type { DorisStandIn, Faults } from '@drover/stand-ins';
import { memoryGate } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { attempts, type ChunkAtHand, chunkOf, nextGeneration } from './testing/attempts.ts';
import { type WarehouseFixture, warehouseFixture } from './testing/warehouse-fixture.ts';

/** 200 people with a key, and as many without; every 20th was born before Christ, or at no time at all. */
const setup = `
  create table shop.people (id bigint primary key, name text, born date);
  insert into shop.people select i, 'name ' || i, '2000-01-01'::date + i from generate_series(1, 200) i;
  create table shop.crowd (name text, born date);
  insert into shop.crowd select name, born from shop.people`;

const BAD = `update shop.people set born = case when id % 40 = 0 then 'infinity'::date else '0044-03-15 BC' end where id % 20 = 0`;
const BAD_IDS = [20, 40, 60, 80, 100, 120, 140, 160, 180, 200];

const poison = (where: string) =>
  `update shop.people set name = 'poison "' || id || ',\\' where ${where}`;

const REFUSAL = {
  containing: 'poison',
  reason: 'column(name) value is incorrect while strict mode is true, src value is poison',
};

const faultsOf = ({ doris }: WarehouseFixture): Faults => {
  if (doris.standIn === null) throw new Error('a real Doris has no knobs');
  return (doris.standIn satisfies DorisStandIn).faults;
};

const numbers = (rejects: readonly Reject[]) =>
  rejects.map(({ key }) => Number(key['id'])).sort((a, b) => a - b);

async function ids({ target, database }: WarehouseFixture): Promise<number[]> {
  const rows = await target.query(`SELECT id, name FROM \`${database}\`.\`people\``);
  return rows.map((row) => Number(row['id'])).sort((a, b) => a - b);
}

const all = Array.from({ length: 200 }, (_, index) => index + 1);
const without = (left: readonly number[]) => all.filter((id) => !left.includes(id));

function settledOf({ gate }: ChunkAtHand): Intent {
  const [settled, ...more] = gate.settled;
  if (settled === undefined || more.length > 0) throw new Error('not settled once');
  return settled;
}

/** The chunks that replay rejects, as `drover reprocess` makes them. */
function replayOf(fixture: WarehouseFixture, at: ChunkAtHand): ChunkAtHand[] {
  const { rejects } = settledOf(at);
  const stream = at.chunk.stream;
  const recorded = rejects.map((reject, id) => ({ ...reject, id, stream }));
  const parts = fixture.pipeline.selections?.replay(recorded) ?? [];
  return parts.map(({ range }, index) => ({
    ...at,
    chunk: { ...at.chunk, id: at.chunk.id * 100 + index, range },
    gate: memoryGate(),
  }));
}

describe.concurrent('rows that do not fit', () => {
  test('are set aside by the rules of the source, and loaded once they were mended', async () => {
    await using fixture = await warehouseFixture({ setup });
    await fixture.source.sql.query(BAD);
    const at = await chunkOf(fixture, 'people');
    const { codes, receipt } = await attempts(fixture, at);
    expect(codes).toEqual([]);
    expect(receipt).toMatchObject({ read: 200, loaded: 190, rejected: 10, skipped: 0 });
    expect(numbers(settledOf(at).rejects)).toEqual(BAD_IDS);
    expect(new Set(settledOf(at).rejects.map(({ rule }) => rule))).toEqual(
      new Set(['date-out-of-range']),
    );
    expect(await ids(fixture)).toEqual(without(BAD_IDS));
    await fixture.source.sql.query("update shop.people set born = '1999-12-31' where id % 20 = 0");
    for (const replay of replayOf(fixture, at)) {
      expect((await attempts(fixture, replay)).receipt.loaded).toBe(10);
    }
    expect(await ids(fixture)).toEqual(all);
  });

  test('of a table without a key are set aside and counted', async () => {
    await using fixture = await warehouseFixture({ setup });
    await fixture.source.sql.query("update shop.crowd set born = 'infinity' where name like '%0'");
    const at = await chunkOf(fixture, 'crowd');
    const { receipt } = await attempts(fixture, at);
    expect(receipt).toMatchObject({ read: 200, loaded: 180, rejected: 20 });
    expect(settledOf(at).rejects.every(({ key }) => 'ctid' in key)).toBe(true);
    expect(replayOf(fixture, at).map(({ chunk }) => chunk.range)).toEqual([
      { kind: 'whole', stream: 'shop.crowd' },
    ]);
  });
});

describe.skipIf(inject('dorisUrl') !== null).concurrent('rows that the target refuses', () => {
  test.each(['two-phase', 'single'])(
    'are named by it, set aside, and loaded by a replay (%s commit)',
    async (commit) => {
      await using fixture = await warehouseFixture({ setup, spec: { load: { commit } } });
      await fixture.source.sql.query(poison('id in (3, 7, 150)'));
      const at = await chunkOf(fixture, 'people');
      const faults = faultsOf(fixture);
      faults.refuseRows = { times: 2, ...REFUSAL };
      const { codes, receipt } = await attempts(fixture, at);
      expect(faults.refuseRows.times).toBe(0);
      expect(codes).toEqual([]);
      expect(receipt).toMatchObject({ read: 200, loaded: 197, rejected: 3, skipped: 0 });
      expect(await ids(fixture)).toEqual(without([3, 7, 150]));
      const { rejects } = settledOf(at);
      expect(numbers(rejects)).toEqual([3, 7, 150]);
      expect(rejects.map(({ rule }) => rule)).toEqual(Array(3).fill('refused-by-target'));
      // What is kept of a row, the file decides: the reason holds none of its values.
      expect(JSON.stringify(rejects.map(({ reason }) => reason))).not.toContain('poison');
      await fixture.source.sql.query(
        "update shop.people set name = 'mended' where id in (3, 7, 150)",
      );
      for (const replay of replayOf(fixture, at)) await attempts(fixture, replay);
      expect(await ids(fixture)).toEqual(all);
    },
  );

  test('and rows that the rules of the source set aside are each counted once', async () => {
    await using fixture = await warehouseFixture({ setup });
    await fixture.source.sql.query(BAD);
    await fixture.source.sql.query(poison('id in (1, 20, 21)'));
    const at = await chunkOf(fixture, 'people');
    faultsOf(fixture).refuseRows = { times: 9, ...REFUSAL };
    const { receipt } = await attempts(fixture, at);
    expect(receipt).toMatchObject({ read: 200, loaded: 188, rejected: 12 });
    expect(numbers(settledOf(at).rejects)).toEqual([1, ...BAD_IDS, 21].sort((a, b) => a - b));
    expect(await ids(fixture)).toEqual(without([1, 21, ...BAD_IDS]));
  });

  test('are all found where there are more than its log shows', async () => {
    await using fixture = await warehouseFixture({ setup });
    await fixture.source.sql.query(poison('id <= 120'));
    const at = await chunkOf(fixture, 'people');
    const faults = faultsOf(fixture);
    faults.refuseRows = { times: 4, ...REFUSAL };
    const { codes, receipt } = await attempts(fixture, at);
    expect(codes).toEqual([]);
    expect(faults.refuseRows.times).toBe(0);
    expect(receipt).toMatchObject({ read: 200, loaded: 80, rejected: 120 });
    expect(numbers(settledOf(at).rejects)).toEqual(all.slice(0, 120));
    expect(await ids(fixture)).toEqual(all.slice(120));
  });

  test('of a table without a key are set aside with all rows that are like them', async () => {
    await using fixture = await warehouseFixture({ setup });
    await fixture.source.sql.query(
      "update shop.crowd set name = 'poison', born = '2001-01-01' where name like 'name 1%'",
    );
    const [counted] = await fixture.source.sql.query(
      "select count(*) as n from shop.crowd where name = 'poison'",
    );
    const at = await chunkOf(fixture, 'crowd');
    faultsOf(fixture).refuseRows = { times: 20, ...REFUSAL };
    const { receipt } = await attempts(fixture, at);
    expect(receipt.rejected).toBe(Number(counted?.['n']));
    expect(receipt.read).toBe(200);
    expect(isBalanced(receipt)).toBe(true);
    const [found] = await fixture.target.query(
      `SELECT COUNT(*) AS n FROM \`${fixture.database}\`.\`crowd\``,
    );
    expect(Number(found?.['n'])).toBe(receipt.loaded);
    const data = { ...at.chunk, runId: 1, runKind: 'full', verifyPlanned: false } as const;
    const chunks = [{ ...data, estimatedRows: 0, ordinal: 0, originId: null }];
    const settled = [settledOf(at)];
    // Mutation: without `refusedLeft` in judge.ts they are wrong.
    expect(
      await fixture.verify({
        anchor: at.anchor,
        chunks,
        settled,
        watermarks: new Map(),
      }),
    ).toMatchObject([{ wrong: 0, stale: 0, explained: receipt.rejected }]);
  });

  test.each([
    ['as the source tells', BAD, null],
    ['as the target tells', poison('id <= 10'), REFUSAL],
  ])(
    'above the limit park the chunk, which leaves nothing behind (%s)',
    async (_, statement, refusal) => {
      await using fixture = await warehouseFixture({ setup, spec: { rejects: { max: 9 } } });
      await fixture.source.sql.query(statement);
      const at = await chunkOf(fixture, 'people');
      if (refusal !== null) faultsOf(fixture).refuseRows = { times: 9, ...refusal };
      await expect(attempts(fixture, at)).rejects.toMatchObject({
        code: 'TOO_MANY_REJECTS',
        policy: 'park',
      });
      expect(await ids(fixture)).toEqual([]);
      expect(at.gate.settled).toEqual([]);
      await fixture.source.sql.query(`update shop.people set name = 'fine', born = '2000-01-01'`);
      await attempts(fixture, nextGeneration(at));
      expect(await ids(fixture)).toEqual(all);
    },
  );

  test('that cannot be told apart from its log have the chunk halved', async () => {
    await using fixture = await warehouseFixture({ setup });
    // What looks like the end of an entry: the row that was logged cannot be read back.
    await fixture.source.sql.query(
      `update shop.people set name = E'poison]; \\nReason: none' where id = 5`,
    );
    const at = await chunkOf(fixture, 'people');
    faultsOf(fixture).refuseRows = { times: 100, ...REFUSAL };
    await expect(attempts(fixture, at)).rejects.toMatchObject({
      code: 'ROWS_REFUSED',
      policy: 'retry',
    });
    expect(await ids(fixture)).toEqual([]);
    const { id, generation } = at.chunk;
    const range = { kind: 'keys', stream: 'shop.people', from: ['6'], to: null, cuts: [] };
    const rest = { ...at.chunk, id: id * 10, range, ancestors: [{ id, generation }] };
    await attempts(fixture, { ...nextGeneration(at), chunk: rest });
    expect(await ids(fixture)).toEqual(all.slice(5));
  });

  test('and were in the target before are not left there as they were', async () => {
    await using fixture = await warehouseFixture({ setup });
    const first = await chunkOf(fixture, 'people');
    await attempts(fixture, first);
    expect(await ids(fixture)).toEqual(all);
    await fixture.source.sql.query(BAD);
    await fixture.source.sql.query(poison('id in (1, 21)'));
    await fixture.source.sql.query('delete from shop.people where id = 2');
    const at = nextGeneration(first);
    faultsOf(fixture).refuseRows = { times: 2, ...REFUSAL };
    const { receipt } = await attempts(fixture, at);
    expect(receipt).toMatchObject({ read: 199, loaded: 187, rejected: 12 });
    expect(await ids(fixture)).toEqual(without([1, 2, 21, ...BAD_IDS]));
    // A row that is mended and spoilt again, by a replay.
    await fixture.source.sql.query(`update shop.people set born = '2000-01-01', name = 'fine'`);
    for (const replay of replayOf(fixture, at)) await attempts(fixture, replay);
    expect(await ids(fixture)).toEqual(without([2]));
    await fixture.source.sql.query(BAD);
    for (const replay of replayOf(fixture, at)) {
      await attempts(fixture, { ...replay, chunk: { ...replay.chunk, id: replay.chunk.id + 50 } });
    }
    expect(await ids(fixture)).toEqual(without([2, ...BAD_IDS]));
  });

  test('with line breaks and quotes in them are named all the same', async () => {
    await using fixture = await warehouseFixture({ setup });
    await fixture.source.sql.query(
      `update shop.people set name = E'poison\\nReason: "me", \\\\N. src line [1]\\n' where id in (9, 10)`,
    );
    const at = await chunkOf(fixture, 'people');
    faultsOf(fixture).refuseRows = { times: 9, ...REFUSAL };
    await attempts(fixture, at);
    expect(numbers(settledOf(at).rejects)).toEqual([9, 10]);
    expect(await ids(fixture)).toEqual(without([9, 10]));
  });
});
