import { LIMIT_NAMES } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { changeOf, hoursOfDay, limitNames } from './throttle-change.ts';

const QUERY = { sql: 'select 1', below: 40 };
const HOURS = { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' };

describe('what the command line changes', () => {
  test('is nothing where it names nothing', () => {
    expect(changeOf({}, { query: QUERY, concurrency: 1 })).toEqual({});
  });

  test('is what it names, and nothing else', () => {
    expect(changeOf({ chunksPerSecond: 0.5, replicationLag: '10s' }, { concurrency: 1 })).toEqual({
      chunksPerSecond: 0.5,
      replicationLag: '10s',
    });
  });

  // Mutation: without `?? query?.below` in throttle-change.ts both have to be given each time.
  test('keeps the half of a query that it does not name', () => {
    const inForce = { query: QUERY };
    expect(changeOf({ queryBelow: 7 }, inForce)).toEqual({ query: { sql: 'select 1', below: 7 } });
    expect(changeOf({ query: 'select 2' }, inForce)).toEqual({
      query: { sql: 'select 2', below: 40 },
    });
    expect(changeOf({ query: 'select 2', queryBelow: 0 }, {})).toEqual({
      query: { sql: 'select 2', below: 0 },
    });
  });

  test('keeps the half of the hours that it does not name; without any they are in UTC', () => {
    const span = { from: '01:00', to: '02:00' };
    expect(changeOf({ hours: span }, { hours: HOURS })).toEqual({
      hours: { ...span, timeZone: 'Europe/Berlin' },
    });
    expect(changeOf({ timeZone: 'Asia/Tokyo' }, { hours: HOURS })).toEqual({
      hours: { ...HOURS, timeZone: 'Asia/Tokyo' },
    });
    expect(changeOf({ hours: span }, {})).toEqual({ hours: { ...span, timeZone: 'UTC' } });
  });

  test.each([
    [{ query: 'select 1' }, 'There is no query in force, and --query-below is missing.'],
    [{ queryBelow: 1 }, 'There is no query in force, and --query is missing.'],
    [{ timeZone: 'UTC' }, 'There are no hours in force that --time-zone could be about.'],
  ])('needs the other half where there is none: %j', (wish, message) => {
    expect(() => changeOf(wish, {})).toThrow(
      expect.objectContaining({ code: 'FILE_INVALID', message }),
    );
  });

  test('is null for what is lifted, also where nothing is in force', () => {
    expect(changeOf({ off: ['query', 'hours'] }, {})).toEqual({ query: null, hours: null });
    const all = Object.fromEntries(LIMIT_NAMES.map((name) => [name, null]));
    expect(changeOf({ off: true }, {})).toEqual(all);
    expect(changeOf({ off: true, concurrency: 1 }, {})).toEqual({ ...all, concurrency: 1 });
  });

  test('cannot be both set and lifted', () => {
    expect(() => changeOf({ off: ['query'], queryBelow: 1 }, { query: QUERY })).toThrow(
      'query is set, and lifted by --off.',
    );
  });
});

describe('the words of the command line', () => {
  test('are names of limits, or the others are named', () => {
    expect(limitNames('chunks-per-second, query')).toEqual(['chunksPerSecond', 'query']);
    expect(() => limitNames('query,')).toThrow('Name limits among chunks-per-second, concurrency,');
  });

  test.each(['22:00', '22:00-06:00-07:00', '22-6', '25:00-06:00', '', '-'])(
    'are no hours of the day: "%s"',
    (text) => {
      expect(() => hoursOfDay(text)).toThrow('Write for example 22:00-06:00.');
    },
  );
});
