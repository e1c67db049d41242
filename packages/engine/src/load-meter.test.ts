import { DroverError, type LoadRecord, type Throttle } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { LoadMeter } from './load-meter.ts';

const NIGHT = { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' };
const NOON = Date.parse('2026-06-01T10:00:00Z');
const MIDNIGHT = Date.parse('2026-06-01T22:00:00Z');
const QUERY = { sql: 'select 1', below: 40 };

/** A meter whose databases answer what the test says. */
function answeredMeter(file: Throttle, answers: Partial<Answers> = {}) {
  const held: (string | null)[] = [];
  const asked: string[] = [];
  let load: LoadRecord = { settings: {}, held: null, measuredMsAgo: null, workers: 1 };
  const meter = new LoadMeter({
    ledger: {
      load: async () => load,
      async holdWork(hold) {
        held.push(hold.held);
        load = { ...load, held: hold.held };
      },
    },
    pipeline: {
      async measure(sql) {
        asked.push(sql);
        return (answers.measure ?? (() => 0))();
      },
      replicationLagMs: async () => (answers.lagMs ?? (() => null))(),
    },
    migrationId: 'ships',
    file,
    host: { now: () => answers.nowMs ?? MIDNIGHT },
    log: SILENT,
  });
  return {
    meter,
    held,
    asked,
    set: (settings: LoadRecord['settings']) => Object.assign(load, { settings }),
  };
}

interface Answers {
  readonly measure: () => number;
  readonly lagMs: () => number | null;
  readonly nowMs: number;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };

async function verdict(file: Throttle, answers: Partial<Answers> = {}) {
  const { meter, held } = answeredMeter(file, answers);
  await meter.measure();
  expect(held).toHaveLength(1);
  return held[0];
}

describe('work is held', () => {
  // Mutation: `>` in place of `>=` in load-meter.ts lets the limit itself pass.
  test.each([
    [39, null],
    [39.9, null],
    [40, 'the query gives 40, which is not below 40'],
    [57, 'the query gives 57, which is not below 40'],
  ])('by a query that gives %s: %s', async (value, held) => {
    expect(await verdict({ query: QUERY }, { measure: () => value })).toBe(held);
  });

  // Mutation: without `catch` at `measure` the verdict of before stays, and nobody learns why.
  test('by a query that fails, with the reason', async () => {
    const measure = () => {
      throw new DroverError('UNDEFINED_OBJECT', { message: 'source h/d: no such table' });
    };
    expect(await verdict({ query: QUERY }, { measure })).toBe(
      'the query failed: source h/d: no such table',
    );
  });

  test.each([
    [null, null],
    [10_000, null],
    [10_001, 'a standby lags 10.0 s, more than 10s'],
    [75_000, 'a standby lags 75.0 s, more than 10s'],
  ])('by a lag of %s ms: %s', async (lagMs, held) => {
    expect(await verdict({ replicationLag: '10s' }, { lagMs: () => lagMs })).toBe(held);
  });

  test('by a lag that may not be seen', async () => {
    const lagMs = () => {
      throw new DroverError('PERMISSION_DENIED', { message: 'the role may not see it' });
    };
    expect(await verdict({ replicationLag: '10s' }, { lagMs })).toBe(
      'the lag of standbys is not known: the role may not see it',
    );
  });

  test('outside of its hours, and the source is then not asked for more', async () => {
    const { meter, held, asked } = answeredMeter({ hours: NIGHT, query: QUERY }, { nowMs: NOON });
    await meter.measure();
    expect(held).toEqual(['work is done from 22:00 to 06:00 (Europe/Berlin)']);
    expect(asked).toEqual([]);
    expect(await verdict({ hours: NIGHT }, { nowMs: MIDNIGHT })).toBeNull();
  });

  test('for all reasons that there are', async () => {
    const file = { query: QUERY, replicationLag: '1s' };
    expect(await verdict(file, { measure: () => 41, lagMs: () => 2000 })).toBe(
      'the query gives 41, which is not below 40; a standby lags 2.0 s, more than 1s',
    );
  });
});

describe('measuring', () => {
  test('asks and writes nothing where no limit can hold work', async () => {
    const { meter, held, asked } = answeredMeter({ concurrency: 1, rowsPerSecond: 9 });
    await meter.measure();
    expect({ held, asked }).toEqual({ held: [], asked: [] });
  });

  // Mutation: without `before.held` in `measure` the old verdict stays in the ledger.
  test('takes the verdict back when what held work is lifted', async () => {
    const { meter, held, set } = answeredMeter({ query: QUERY }, { measure: () => 99 });
    await meter.measure();
    set({ query: null });
    await meter.measure();
    await meter.measure();
    expect(held).toEqual(['the query gives 99, which is not below 40', null]);
  });

  test('goes by the limits that were set, not by those of the file', async () => {
    const { meter, held, asked, set } = answeredMeter({ query: QUERY }, { measure: () => 99 });
    set({ query: { sql: 'select 2', below: 100 } });
    await meter.measure();
    expect({ held, asked }).toEqual({ held: [null], asked: ['select 2'] });
  });
});
