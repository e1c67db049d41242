import { describe, expect, test } from 'vitest';
import { canHold, heldBy, LIMIT_NAMES, limitsInForce, throttleSchema } from './throttle.ts';

const EVERY = {
  chunksPerSecond: 0.5,
  concurrency: 2,
  rowsPerSecond: 200_000,
  query: { sql: 'select 1', below: 40 },
  replicationLag: '10s',
  hours: { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' },
};

const faults = (value: unknown) =>
  (throttleSchema.safeParse(value).error?.issues ?? []).map((issue) => issue.path.join('.'));

describe('the limits of a migration', () => {
  test('are all optional, and survive JSON as they were written', () => {
    expect(throttleSchema.parse({})).toEqual({});
    expect(throttleSchema.parse(JSON.parse(JSON.stringify(EVERY)))).toEqual(EVERY);
    expect(LIMIT_NAMES).toEqual(Object.keys(EVERY));
  });

  test.each([
    ['chunksPerSecond', 0],
    ['chunksPerSecond', -1],
    ['chunksPerSecond', 1001],
    ['chunksPerSecond', '1'],
    ['concurrency', 0],
    ['concurrency', 1.5],
    ['rowsPerSecond', 0],
    ['rowsPerSecond', 0.5],
    ['replicationLag', 10],
    ['replicationLag', '10'],
    ['replicationLag', '0s'],
    ['hours', '22:00-06:00'],
    ['rowsPerMinute', 1],
  ])('are refused where %s is %j', (name, value) => {
    expect(faults({ [name]: value })).toEqual([name === 'rowsPerMinute' ? '' : name]);
  });

  test('need both parts of a query', () => {
    expect(faults({ query: { sql: 'select 1' } })).toEqual(['query.below']);
    expect(faults({ query: { below: 1 } })).toEqual(['query.sql']);
    expect(faults({ query: { sql: '', below: 1 } })).toEqual(['query.sql']);
  });
});

describe('the limits in force', () => {
  test('are those of the file where nobody set others', () => {
    expect(limitsInForce(EVERY, {})).toEqual(EVERY);
    expect(limitsInForce({}, {})).toEqual({});
  });

  // Mutation: with the two turned round in `limitsInForce` the file's win.
  test('are those that were set, each over that of the file', () => {
    expect(limitsInForce({ concurrency: 4, rowsPerSecond: 9 }, { concurrency: 1 })).toEqual({
      concurrency: 1,
      rowsPerSecond: 9,
    });
  });

  // Mutation: with `?? file[name]` for a lifted limit the file's is in force again.
  test('are without those that were lifted, also of the file', () => {
    const settings = { query: null, hours: null, concurrency: null };
    expect(limitsInForce(EVERY, settings)).toEqual({
      chunksPerSecond: 0.5,
      rowsPerSecond: 200_000,
      replicationLag: '10s',
    });
  });
});

describe('what holds all work', () => {
  test.each(LIMIT_NAMES)('can be %s or not', (name) => {
    const can = ['query', 'replicationLag', 'hours'].includes(name);
    expect(canHold({ [name]: EVERY[name] })).toBe(can);
  });

  // Mutation: without `canHold` in `heldBy` work is held until somebody measures again, though nothing holds it.
  test('counts no more when the limits that can hold it are lifted', () => {
    const load = { held: 'it is late', measuredMsAgo: 0 };
    expect(heldBy({ hours: EVERY.hours }, load)).toBe('it is late');
    expect(heldBy({ concurrency: 1 }, load)).toBeNull();
    expect(heldBy({ hours: EVERY.hours }, { held: null, measuredMsAgo: 0 })).toBeNull();
  });

  // Mutation: without STALE_MS in `heldBy` a worker begins by what was true yesterday, or by nothing at all.
  test.each([null, 15_000])(
    'is everything, as long as nobody measured: %s ms ago',
    (measuredMsAgo) => {
      const load = { held: null, measuredMsAgo };
      expect(heldBy({ hours: EVERY.hours }, load)).toContain('nobody has measured lately');
      expect(heldBy({ rowsPerSecond: 1 }, load)).toBeNull();
    },
  );
});
