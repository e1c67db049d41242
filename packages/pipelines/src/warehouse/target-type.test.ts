import { describe, expect, test } from 'vitest';
import { parseTargetType, printTargetType } from './target-type.ts';

/** What a file or a server says, and what the DDL has. */
const SAME: readonly [string, string][] = [
  ['boolean', 'BOOLEAN'],
  ['tinyint(1)', 'BOOLEAN'],
  ['tinyint(4)', 'TINYINT'],
  ['tinyint', 'TINYINT'],
  ['smallint(6)', 'SMALLINT'],
  ['int', 'INT'],
  ['INTEGER', 'INT'],
  ['bigint(20)', 'BIGINT'],
  ['largeint', 'LARGEINT'],
  ['decimal(10,2)', 'DECIMAL(10,2)'],
  ['decimalv3(10, 2)', 'DECIMAL(10,2)'],
  [' Decimal( 38 , 38 ) ', 'DECIMAL(38,38)'],
  ['decimal(9)', 'DECIMAL(9,0)'],
  ['float', 'FLOAT'],
  ['double', 'DOUBLE'],
  ['date', 'DATE'],
  ['datev2', 'DATE'],
  ['datetime', 'DATETIME(0)'],
  ['datetime(6)', 'DATETIME(6)'],
  ['datetimev2(3)', 'DATETIME(3)'],
  ['varchar(1020)', 'VARCHAR(1020)'],
  ['varchar(65533)', 'VARCHAR(65533)'],
  ['varchar(65534)', 'STRING'],
  ['text', 'STRING'],
  ['string', 'STRING'],
  ['json', 'JSON'],
  ['jsonb', 'JSON'],
];

const NONE = [
  '',
  'decimal',
  'decimal(39,2)',
  'decimal(0)',
  'decimal(2,3)',
  'varchar',
  'varchar(0)',
  'varchar(10,2)',
  'char(10)',
  'datetime(7)',
  'date(3)',
  'text(9)',
  'array<int>',
  'toString',
  'VARIANT',
  'int; drop table x',
];

describe('a type of Doris', () => {
  test.each(SAME)('%s is read as %s', (text, printed) => {
    const type = parseTargetType(text);
    expect(type && printTargetType(type)).toBe(printed);
  });

  test.each(NONE)('"%s" is none that Drover loads into', (text) => {
    expect(parseTargetType(text)).toBeNull();
  });
});
