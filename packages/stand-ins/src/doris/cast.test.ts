import { describe, expect, it } from 'vitest';
import { castField } from './cast.ts';
import { NotDescribed } from './refusal.ts';
import type { ColumnType, Generation } from './store.ts';
import { column } from './testing/tables.ts';

function cast(
  text: string | null,
  type: ColumnType,
  of: { generation?: Generation; strict?: boolean; nullable?: boolean } = {},
): unknown {
  const { generation = 'D26', strict = true, nullable = true } = of;
  const result = castField(
    text === null ? null : Buffer.from(text),
    column('c', type, { nullable }),
    { generation, strict, stringLimitBytes: 8 },
  );
  return 'value' in result ? result.value : { reason: result.reason };
}

const incorrect = (text: string) => ({
  reason: `column(c) value is incorrect while strict mode is true, src value is ${text}`,
});
const NULL_REFUSED = { reason: 'column(c) values is null while columns is not nullable' };

describe('a strict cast (§6)', () => {
  it.each([
    ['1', 1n, 1n],
    ['0', 0n, 0n],
    ['true', 1n, 1n],
    ['false', 0n, 0n],
    ['t', incorrect('t'), 1n],
    ['f', incorrect('f'), 0n],
    ['', incorrect(''), incorrect('')],
    ['2', incorrect('2'), incorrect('2')],
  ])('reads the BOOLEAN %j by the words of its generation', (text, d24, d26) => {
    expect(cast(text, { name: 'BOOLEAN' }, { generation: 'D24' })).toEqual(d24);
    expect(cast(text, { name: 'BOOLEAN' }, { generation: 'D26' })).toEqual(d26);
  });

  it.each([
    ['TINYINT', 7n],
    ['SMALLINT', 15n],
    ['INT', 31n],
    ['BIGINT', 63n],
    ['LARGEINT', 127n],
  ] as const)('holds a %s to its range', (name, bits) => {
    const limit = 2n ** bits;
    expect(cast(String(limit - 1n), { name })).toBe(limit - 1n);
    expect(cast(String(-limit), { name })).toBe(-limit);
    for (const text of [String(limit), String(-limit - 1n), '', '1.0', '1e3', ' 1', 'x']) {
      expect(cast(text, { name })).toEqual(incorrect(text));
    }
  });

  it.each([
    ['1.5', '1.50'],
    ['-0.005', '-0.01'],
    ['-0.004', '0.00'],
    ['999.994', '999.99'],
    ['.5', '0.50'],
    ['12', '12.00'],
  ])('rounds the DECIMAL(5,2) %s to %s without a word', (text, value) => {
    expect(cast(text, { name: 'DECIMAL', precision: 5, scale: 2 })).toBe(value);
  });

  it.each(['999.995', '1000', 'NaN', 'Infinity', '', '.', '1e2'])(
    'refuses %j as a DECIMAL(5,2)',
    (text) => {
      expect(cast(text, { name: 'DECIMAL', precision: 5, scale: 2 })).toEqual(incorrect(text));
    },
  );

  it('keeps every digit of a DECIMAL(38,10)', () => {
    const text = '1234567890123456789012345678.0123456789';
    expect(cast(text, { name: 'DECIMAL', precision: 38, scale: 10 })).toBe(text);
    expect(cast('7', { name: 'DECIMAL', precision: 38, scale: 0 })).toBe('7');
  });

  it('knows NaN and the infinities, and refuses what is out of range', () => {
    expect(cast('NaN', { name: 'DOUBLE' })).toBeNaN();
    expect(cast('-Infinity', { name: 'DOUBLE' })).toBe(Number.NEGATIVE_INFINITY);
    expect(cast('1.5e-7', { name: 'DOUBLE' })).toBe(1.5e-7);
    expect(cast('0.1', { name: 'FLOAT' })).toBe(Math.fround(0.1));
    expect(cast('Infinity', { name: 'FLOAT' })).toBe(Number.POSITIVE_INFINITY);
    expect(cast('1e39', { name: 'FLOAT' })).toEqual(incorrect('1e39'));
    expect(cast('1e309', { name: 'DOUBLE' })).toEqual(incorrect('1e309'));
    expect(cast('0x10', { name: 'DOUBLE' })).toEqual(incorrect('0x10'));
    expect(cast('', { name: 'DOUBLE' })).toEqual(incorrect(''));
  });

  it.each(['0000-01-01', '9999-12-31', '2024-02-29'])('reads the DATE %s', (text) => {
    expect(cast(text, { name: 'DATE' })).toBe(text);
  });

  it.each(['10000-01-01', '2023-02-29', '2024-13-01', '2024-00-01', '2024-01-00', 'infinity', ''])(
    'refuses %j as a DATE',
    (text) => {
      expect(cast(text, { name: 'DATE' })).toEqual(incorrect(text));
    },
  );

  it('takes a date before Christ for one after on D24', () => {
    const text = '0044-03-15 BC';
    expect(cast(text, { name: 'DATE' }, { generation: 'D24' })).toBe('0044-03-15');
    expect(cast(text, { name: 'DATE' }, { generation: 'D26' })).toEqual(incorrect(text));
    const time = '0044-03-15 12:00:00 BC';
    const type = { name: 'DATETIME', scale: 6 } as const;
    expect(cast(time, type, { generation: 'D24' })).toBe('0044-03-15 12:00:00.000000');
    expect(cast(time, type, { generation: 'D26' })).toEqual(incorrect(time));
  });

  it('keeps microseconds, and says so where it does not know the rest', () => {
    const type = { name: 'DATETIME', scale: 6 } as const;
    expect(cast('2024-01-02 03:04:05.678901', type)).toBe('2024-01-02 03:04:05.678901');
    expect(cast('2024-01-02 03:04:05.6', type)).toBe('2024-01-02 03:04:05.600000');
    expect(cast('2024-01-02 03:04:05', { name: 'DATETIME', scale: 0 })).toBe('2024-01-02 03:04:05');
    expect(() => cast('2024-01-02 03:04:05+00', type)).toThrow(NotDescribed);
    expect(() => cast('2024-01-02 03:04:05.678', { name: 'DATETIME', scale: 2 })).toThrow(
      NotDescribed,
    );
    for (const text of [
      '2024-01-02 24:00:00',
      '2024-01-02 23:60:00',
      '2024-02-30 00:00:00',
      'infinity',
    ]) {
      expect(cast(text, type)).toEqual(incorrect(text));
    }
  });

  it('counts bytes, not characters', () => {
    const type = { name: 'VARCHAR', length: 4 } as const;
    expect(cast('ää', type)).toBe('ää');
    expect(cast('ääa', type)).toEqual({
      reason:
        'the length of input is too long than schema. first 32 bytes of input str: [ääa] schema length: 4; actual length: 5; ',
    });
    expect(cast('x'.repeat(8), { name: 'STRING' })).toBe('x'.repeat(8));
    expect(cast('x'.repeat(40), { name: 'STRING' })).toEqual({
      reason: `the length of input is too long than schema. first 32 bytes of input str: [${'x'.repeat(32)}] schema length: 8; actual length: 40; `,
    });
  });

  it('turns text that is no JSON into NULL even so', () => {
    expect(cast('{"a": [1]}', { name: 'JSON' })).toBe('{"a": [1]}');
    expect(cast('{a}', { name: 'JSON' })).toBeNull();
    expect(cast(`{"${'k'.repeat(256)}":1}`, { name: 'JSON' })).toBeNull();
    expect(cast('{a}', { name: 'JSON' }, { nullable: false })).toEqual(NULL_REFUSED);
  });

  it('refuses NULL where there must be a value', () => {
    expect(cast(null, { name: 'INT' })).toBeNull();
    expect(cast(null, { name: 'INT' }, { nullable: false })).toEqual(NULL_REFUSED);
  });
});

describe('a cast that is not strict (§2)', () => {
  it('makes NULL of what it cannot read', () => {
    expect(cast('x', { name: 'INT' }, { strict: false })).toBeNull();
    expect(cast('x', { name: 'INT' }, { strict: false, nullable: false })).toEqual(NULL_REFUSED);
  });

  it('cuts what is too long', () => {
    const type = { name: 'VARCHAR', length: 3 } as const;
    expect(cast('abcdef', type, { strict: false })).toBe('abc');
    expect(cast('ää', type, { strict: false })).toBe('ä');
  });
});
