import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStatistics } from './statistics-outputs.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-statistics-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('where statistics go', () => {
  const loaded = (statistics: { every?: bigint; csv?: string }) =>
    ({ path: join(folder, 'ships.yaml'), spec: { statistics } }) as Parameters<
      typeof openStatistics
    >[0];
  const of = (...args: Parameters<typeof openStatistics>) => {
    const outputs = openStatistics(...args);
    return outputs === null ? null : { ...outputs, csv: outputs.csv !== null };
  };

  test('is nowhere where nobody asks for them', () => {
    expect(of(loaded({}), {})).toBeNull();
  });

  test('is the console where an interval is given, a file where one is named', () => {
    const file = join(folder, 's.csv');
    const console = { everyMs: 2000, console: true };
    expect(of(loaded({ every: 2_000_000n }), {})).toEqual({ ...console, csv: false });
    expect(of(loaded({}), { statistics: 2000 })).toEqual({ ...console, csv: false });
    const only = { everyMs: 10_000, console: false, csv: true };
    expect(of(loaded({}), { statisticsCsv: file })).toEqual(only);
    expect(of(loaded({ csv: 's.csv' }), {})).toEqual(only);
    expect(of(loaded({ every: 2_000_000n, csv: 's.csv' }), {})).toEqual({ ...console, csv: true });
  });

  // Mutation: `every ?? statistics` or `csv ?? statisticsCsv`.
  test('is what the command line says where the file says something else, off included', () => {
    const file = loaded({ every: 2_000_000n, csv: 'of-the-file.csv' });
    expect(of(file, { statistics: 'off' })).toBeNull();
    const path = join(folder, 'named.csv');
    expect(of(file, { statistics: 5000, statisticsCsv: path })).toMatchObject({ everyMs: 5000 });
    expect([path, join(folder, 'of-the-file.csv')].map((one) => existsSync(one))).toEqual([
      true,
      false,
    ]);
  });

  test('of the migration file lies beside it', () => {
    openStatistics(loaded({ csv: 'deeper/s.csv' }), {});
    expect(existsSync(join(folder, 'deeper', 's.csv'))).toBe(true);
  });

  test('cannot be off and in a file at once', () => {
    expect(() =>
      openStatistics(loaded({}), { statistics: 'off', statisticsCsv: join(folder, 's.csv') }),
    ).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
    expect(existsSync(join(folder, 's.csv'))).toBe(false);
  });
});
