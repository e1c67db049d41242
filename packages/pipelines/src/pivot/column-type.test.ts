import { DroverError } from '@drover/core';
import { expect, test } from 'vitest';
import { acceptedValues, nativeType, newColumnType } from './column-type.ts';
import type { SourceTable, ValueColumn } from './source-table.ts';

const value = (format: string, type: string): ValueColumn => ({
  format,
  name: format,
  type,
  send: '',
});

function sourceOf(values: readonly ValueColumn[]): SourceTable {
  const key = (name: string) => ({ name, type: 'text', nullable: false, text: name });
  return {
    schema: 's',
    name: 't',
    columns: {
      entity: key('ship'),
      channel: key('channel'),
      time: key('time'),
      format: { name: 'format' },
      values,
      order: 'id',
    },
    timeIndex: true,
    pairIndex: true,
    unique: true,
    orderable: true,
    estimatedRows: null,
    description: {
      oid: '1',
      schema: 's',
      name: 't',
      kind: 'table',
      columns: [],
      indexes: [],
      attributesUsed: 0,
      estimatedRows: null,
      bytes: 0,
      rowSecurity: false,
    },
  };
}

const SOURCE = sourceOf([
  value('Decimal', 'double precision'),
  value('Float', 'double precision'),
  value('Integer', 'bigint'),
  value('String', 'character varying(50)'),
]);

test('all kinds of text become text, other types stay what they are', () => {
  for (const type of [
    'text',
    'character varying',
    'character varying(9)',
    'character(3)',
    'bpchar',
    '"char"',
    'name',
    'citext',
    'public.citext',
    '"My Schema".citext',
  ]) {
    expect(nativeType(value('x', type))).toBe('text');
  }
  for (const type of ['bigint', 'numeric(10,2)', 'public.citextish', 'tenant.name']) {
    expect(nativeType(value('x', type))).toBe(type);
  }
});

test('a new column has the type of its one format, else text', () => {
  expect(newColumnType('native', SOURCE, ['Integer'])).toBe('bigint');
  expect(newColumnType('native', SOURCE, ['String'])).toBe('text');
  expect(newColumnType('native', SOURCE, ['Integer', 'Decimal'])).toBe('text');
  expect(newColumnType('native', SOURCE, [])).toBe('text');
  expect(newColumnType('native', SOURCE, ['Complex'])).toBe('text');
  // Mutation: without `formats.length === 1` in column-type.ts values of the unknown format would not fit.
  expect(newColumnType('native', SOURCE, ['Integer', 'Complex'])).toBe('text');
  expect(newColumnType('text', SOURCE, ['Integer'])).toBe('text');
});

test('a column takes the values of its type, text takes all, another type none', () => {
  const accepted = (type: string) => acceptedValues(SOURCE, { table: 't', name: 'c', type });
  expect(accepted('double precision')).toEqual([0, 1]);
  expect(accepted('bigint')).toEqual([2]);
  expect(accepted('text')).toBeNull();
  for (const type of ['integer', 'real', 'character varying(50)', 'numeric']) {
    expect(() => accepted(type)).toThrow(DroverError);
  }
});
