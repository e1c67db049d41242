import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { movedColumn } from './testing/moved-column.ts';

const server = inject('postgresUrl');

let database: ScratchDatabase;

beforeAll(async () => {
  database = await scratchDatabase(server);
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

/** Types whose keys arrive as texts, with values in the order of the source. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  uuid: [
    '00000000-0000-0000-0000-00000000000a',
    '7fffffff-0000-0000-0000-000000000000',
    'f0000000-0000-0000-0000-000000000000',
  ],
  bytea: ['\\x', '\\x00', '\\x00ff', '\\x0a', '\\x7f', '\\x80', '\\xff', '\\xff00'],
  time: [
    '00:00:00',
    '00:00:00.000001',
    '00:00:00.1',
    '00:00:01',
    '09:59:59.999999',
    '10:00:00',
    '24:00:00',
  ],
  macaddr: ['00:00:00:00:00:0a', '7f:ff:ff:00:00:00', '80:00:00:00:00:00', 'ff:00:00:00:00:00'],
  macaddr8: ['00:00:00:00:00:00:00:0a', '7f:ff:ff:00:00:00:00:00', '80:00:00:00:00:00:00:00'],
  'text collate "C"': [
    '',
    ' ',
    'A',
    'Z',
    '_',
    'a',
    'aa',
    'b',
    'z',
    'é',
    '€',
    '\uFFFD',
    '\u{1F40E}',
  ],
  'char(3) collate "C"': ['', 'A', 'a', 'aB', 'aa', 'b', 'é'],
  'varchar(9) collate "C"': ['A', 'a', 'a b', 'ab'],
  name: ['A', '_', 'a'],
};

describe('a key that is said to have the same order', () => {
  for (const [type, values] of Object.entries(CASES)) {
    test(`has the order of its bytes: ${type}`, async () => {
      const { sameOrder, plan, move } = await movedColumn(database.sql, {
        type,
        key: 'primary key',
      });
      expect(sameOrder).toBe(true);
      // Inserted as the server sorts them, not as the list says.
      const sorted = await database.sql.query(
        `select v.text from unnest($1::text[]) v(text) order by v.text::${type}`,
        [values],
      );
      const moved = (await move(sorted.map((row) => row['text'] ?? ''))).map(({ value }) => value);
      expect(plan.type).toMatch(/^VARCHAR/);
      expect(moved).toHaveLength(values.length);
      const bytes = moved.map((text) => Buffer.from(text ?? ''));
      expect([...bytes].sort((a, b) => Buffer.compare(a, b))).toEqual(bytes);
    });
  }
});
