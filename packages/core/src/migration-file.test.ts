import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { durationSchema, migrationFileShape, momentSchema } from './migration-file.ts';

const schema = z.strictObject(migrationFileShape);
const LEAST = { name: 'ships', queue: { url: 'redis://localhost' } };

/** Paths and messages of what is refused. */
function faults(value: unknown): string[] {
  const parsed = schema.safeParse(value);
  return (parsed.error?.issues ?? []).map((issue) => issue.path.join('.'));
}

describe('what every migration file has', () => {
  test('is complete with a name and a queue', () => {
    expect(schema.parse(LEAST)).toEqual({
      name: 'ships',
      queue: { url: 'redis://localhost', prefix: 'drover' },
      rejects: { max: 10_000, maxPerRun: 100_000, keepRows: true, redact: [] },
      attempts: { max: 5, firstPause: 1_000_000n, longestPause: 300_000_000n },
      throttle: {},
      statistics: {},
    });
  });

  test('keeps what is written in place of a default', () => {
    const written = {
      name: 'a_b-1',
      queue: { url: 'postgresql://localhost/q', prefix: 'other' },
      rejects: { max: 0, maxPerRun: 7, keepRows: false, redact: ['pin'] },
      attempts: { max: 1, firstPause: '1ms', longestPause: '1h' },
      throttle: { rowsPerSecond: 7 },
      statistics: { every: '1s', csv: 'statistics.csv' },
    };
    expect(schema.parse(written)).toEqual({
      ...written,
      attempts: { max: 1, firstPause: 1_000n, longestPause: 3_600_000_000n },
      statistics: { every: 1_000_000n, csv: 'statistics.csv' },
    });
  });

  test.each(['redis://h', 'rediss://h', 'postgres://h/q', 'postgresql://h/q'])(
    'takes the queue %s',
    (url) => {
      expect(faults({ ...LEAST, queue: { url } })).toEqual([]);
    },
  );

  test.each(['', 'localhost:6379', 'http://h', 'xredis://h', 'mysql://h'])(
    'refuses the queue "%s"',
    (url) => {
      expect(faults({ ...LEAST, queue: { url } })).toEqual(['queue.url']);
    },
  );

  test.each(['a', '0', 'ships-2026_01', 'a'.repeat(63)])('takes the name %s', (name) => {
    expect(faults({ ...LEAST, name })).toEqual([]);
  });

  // Mutation: without the $ in the pattern of migration-file.ts, "ships and more" is a name.
  test.each(['', 'Ships', '-a', '_a', 'ships and more', 'schiffe\n', 'ä', 'a'.repeat(64)])(
    'refuses the name "%s"',
    (name) => {
      expect(faults({ ...LEAST, name })).toEqual(['name']);
    },
  );

  test('tells every fault at once, each at its place', () => {
    const wrong = {
      queue: { url: 7, prefix: '', more: 1 },
      rejects: { max: -1, keepRows: 'yes' },
      attempts: { max: 0, firstPause: 'soon', longestPause: 5 },
      statistics: { every: '999ms', csv: '' },
    };
    expect(faults(wrong).sort()).toEqual([
      'attempts.firstPause',
      'attempts.longestPause',
      'attempts.max',
      'name',
      'queue',
      'queue.prefix',
      'queue.url',
      'rejects.keepRows',
      'rejects.max',
      'statistics.csv',
      'statistics.every',
    ]);
  });
});

describe('a length of time in a file', () => {
  test('is read into microseconds', () => {
    expect(durationSchema.parse('1d12h')).toBe(129_600_000_000n);
  });

  // Mutation: a message with the text in it would show what stood in a variable of the environment.
  test.each(['s3cret', '', '0s', 24, true, ['24h']])('is refused from %j, unquoted', (value) => {
    const [issue] = durationSchema.safeParse(value).error?.issues ?? [];
    expect(issue?.message).toBe('is no length of time; write for example 24h, 90m or 1d12h');
  });
});

describe('a moment in a file', () => {
  test.each(['2026-01-31', '2026-01-31 08:15:00.123456+09', '0044-03-15 BC', 'now', 'now-1h'])(
    'is kept as written: %s',
    (text) => {
      expect(momentSchema.parse(text)).toBe(text);
    },
  );

  test('that a reader of files made a date of is written out', () => {
    const date = new Date(Date.UTC(2026, 0, 31, 8, 15));
    expect(momentSchema.parse(date)).toBe('2026-01-31T08:15:00.000Z');
  });

  test.each(['s3cret', '', 'infinity', '2026-02-30', 'now-', 2026, true, null])(
    'is refused from %j, unquoted',
    (value) => {
      const [issue] = momentSchema.safeParse(value).error?.issues ?? [];
      expect(issue?.message).not.toContain('s3cret');
      if (value !== null) expect(issue?.message).toMatch(/^is no moment; write for example /);
      expect(issue).toBeDefined();
    },
  );
});
