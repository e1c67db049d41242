import { describe, expect, test } from 'vitest';
import { halfway } from './halfway.ts';

const between = (name: string, low: string, high: string) =>
  halfway({ schema: 'pg_catalog', name }, low, high);

describe('a value between two others', () => {
  test.each([
    ['int8', '-9223372036854775808', '9223372036854775807', '-1'],
    ['int4', '1', '3', '2'],
    ['oid', '0', '4294967295', '2147483647'],
    ['date', '2026-01-01', '2026-01-04', '2026-01-02'],
    ['date', '0002-01-01 BC', '0001-01-01', '0001-01-01 BC'],
    [
      'timestamp',
      '2026-01-01 00:00:00',
      '2026-01-01 00:00:00.000002',
      '2026-01-01 00:00:00.000001',
    ],
    ['timestamp', '1969-12-31 23:59:59', '1970-01-01 00:00:02', '1970-01-01 00:00:00.5'],
    ['timestamptz', '2026-01-01 00:00:00+00', '2026-01-03 00:00:00+00', '2026-01-02 00:00:00+00'],
    [
      'timestamptz',
      '0044-03-15 00:00:00+00 BC',
      '0044-03-17 00:00:00+00 BC',
      '0044-03-16 00:00:00+00 BC',
    ],
    [
      'uuid',
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '7fffffff-ffff-ffff-ffff-ffffffffffff',
    ],
    ['numeric', '1', '2', '1.5'],
    ['numeric', '-0.2', '0.1', '-0.05'],
    ['numeric', '0.001', '0.002', '0.0015'],
    ['numeric', '-3', '-1.50', '-2.250'],
    [
      'numeric',
      '99999999999999999999999999999999999999',
      '100000000000000000000000000000000000001',
      '100000000000000000000000000000000000000.0',
    ],
  ])('of %s: %s, %s', (name, low, high, middle) => {
    expect(between(name, low, high)).toBe(middle);
  });

  test.each([
    ['int4', '1', '2'],
    ['int4', '2', '2'],
    ['date', '2026-01-01', '2026-01-02'],
    ['date', '2026-01-01', 'infinity'],
    ['timestamp', '-infinity', '2026-01-01 00:00:00'],
    ['numeric', '1', 'NaN'],
    ['numeric', '1', 'Infinity'],
    ['text', 'a', 'z'],
    ['float8', '1', '9'],
  ])('is not there: %s, %s and %s', (name, low, high) => {
    expect(between(name, low, high)).toBeNull();
  });

  test('is not sought in a type of somebody else that has the name of one of the server’s', () => {
    expect(halfway({ schema: 'public', name: 'int4' }, '1', '9')).toBeNull();
  });
});
