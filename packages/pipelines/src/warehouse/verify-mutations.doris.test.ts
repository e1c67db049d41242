import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { targetIdentifier } from './names.ts';
import {
  type WarehouseFixture,
  type WarehouseRun,
  warehouseFixture,
} from './testing/warehouse-fixture.ts';

/** Of row 77, which has `from` in the target, and is given `to`. */
interface ColumnCase {
  readonly column: string;
  readonly type: string;
  /** SQL of row `i` in the source. */
  readonly value: string;
  readonly from: string;
  readonly to: string;
}

const COLUMNS: readonly ColumnCase[] = [
  { column: 'flag', type: 'bool', value: 'i % 2 = 0', from: '0', to: '1' },
  { column: 'small', type: 'int2', value: 'i', from: '77', to: '78' },
  {
    column: 'big',
    type: 'int8',
    value: '9007199254740992 + i',
    from: '9007199254741069',
    to: '9007199254741068',
  },
  { column: 'price', type: 'numeric(12,2)', value: 'i + 0.25', from: '77.25', to: '77.26' },
  {
    column: 'long_price',
    type: 'numeric(38,20)',
    value: 'i + 0.00000000000000000001',
    from: '77.00000000000000000001',
    to: '77.00000000000000000002',
  },
  {
    column: 'free',
    type: 'numeric',
    value: `(i || '.10')::numeric`,
    from: "'77.10'",
    to: "'77.1'",
  },
  {
    column: 'day',
    type: 'date',
    value: `'2026-01-01'::date + i::int`,
    from: "'2026-03-19'",
    to: "'2026-03-20'",
  },
  {
    column: 'at',
    type: 'timestamp',
    value: `'2026-01-01'::timestamp + i * interval '1 us'`,
    from: "'2026-01-01 00:00:00.000077'",
    to: "'2026-01-01 00:00:00.000078'",
  },
  {
    column: 'at_zone',
    type: 'timestamptz(3)',
    value: `'2026-01-01Z'::timestamptz + i * interval '1 ms'`,
    from: "'2026-01-01 00:00:00.077'",
    to: "'2026-01-01 01:00:00.077'",
  },
  { column: 'note', type: 'text', value: `'note ' || i`, from: "'note 77'", to: "'note 77 '" },
  { column: 'capital', type: 'varchar(20)', value: `'é' || i`, from: "'é77'", to: "'É77'" },
  { column: 'composed', type: 'text', value: `'é' || i`, from: "'é77'", to: "'e\u030177'" },
  { column: 'nothing', type: 'text', value: `''`, from: "''", to: 'NULL' },
  { column: 'none', type: 'text', value: 'null', from: 'NULL', to: "''" },
  { column: 'code', type: 'char(4)', value: `'x' || i % 10`, from: "'x7'", to: "'x7  '" },
  {
    column: 'ref',
    type: 'uuid',
    value: 'md5(i::text)::uuid',
    from: "'28dd2c79-55ce-9264-5624-0b2ff0100bde'",
    to: "'28DD2C79-55CE-9264-5624-0B2FF0100BDE'",
  },
  {
    column: 'bytes',
    type: 'bytea',
    value: `decode(lpad(to_hex(i), 4, '0'), 'hex')`,
    from: "'004d'",
    to: "'004e'",
  },
  {
    column: 'span',
    type: 'interval',
    value: `i * interval '1 h'`,
    from: "'PT77H'",
    to: "'P3DT5H'",
  },
  { column: 'clock', type: 'time', value: `'24:00:00'`, from: "'24:00:00'", to: "'00:00:00'" },
  {
    column: 'doc',
    type: 'jsonb',
    value: `jsonb_build_object('a', i)`,
    from: `'{"a": 77}'`,
    to: `'{"a":77}'`,
  },
  { column: 'list', type: 'int[]', value: 'array[i, null]', from: "'[77,null]'", to: "'[77]'" },
  {
    column: 'address',
    type: 'inet',
    value: `('10.0.0.' || i)::inet`,
    from: "'10.0.0.77/32'",
    to: "'10.0.0.77'",
  },
  { column: 'bits', type: 'bit(8)', value: 'i::int::bit(8)', from: "'01001101'", to: "'01001100'" },
  { column: 'ratio', type: 'float8', value: 'i / 7.0', from: '11', to: '11.00001' },
  { column: 'share', type: 'float4', value: 'i / 8.0', from: '9.625', to: '9.62501' },
];

const ROWS = 120;
const SELECTED = COLUMNS.map(({ column, value }) => `(${value}) as ${column}`).join(', ');
const FROM = `from generate_series(1, ${ROWS}) i`;
const DEFINED = COLUMNS.map(({ column, type }) => `${column} ${type}`).join(', ');
const NAMES = COLUMNS.map(({ column }) => column).join(', ');
const VALUES = COLUMNS.map(({ from }) => from).join(', ');

/** Columns on which all other ways to name a row are tried: those that have an exact text in the target. */
const SOME = COLUMNS.filter(({ column }) =>
  ['flag', 'free', 'at', 'note', 'composed', 'none', 'ref', 'bytes'].includes(column),
);

/** Not in the order of bytes; row 77 has a key that is easily taken for that of row 76. */
const WORD = `(case when i = 77 then 'Äpfel "77"' when i = 76 then 'äpfel "77"' else chr(97 + i % 26) || i || chr(65 + i % 26) end)`;

/** Row 77, a row that is not there, and two rows that change places. */
const TABLES = [
  { table: 'numbered', name: 'id', key: '77', other: '1000', pair: ['5', '6'], columns: COLUMNS },
  {
    table: 'worded',
    name: 'word',
    key: 'Äpfel "77"',
    other: 'Äpfel "78"',
    pair: ['f5F', 'g6G'],
    columns: SOME,
  },
] as const;

describe('what is changed in the target behind the back of a run', () => {
  let fixture: WarehouseFixture;
  let run: WarehouseRun;

  beforeAll(async () => {
    fixture = await warehouseFixture({
      generation: 'D26',
      setup: [
        `create table shop.numbered (id int primary key, ${DEFINED})`,
        `insert into shop.numbered select i, ${SELECTED} ${FROM}`,
        `create table shop.worded (word text collate "und-x-icu" primary key, ${DEFINED})`,
        `insert into shop.worded select ${WORD}, ${SELECTED} ${FROM}`,
        `create table shop.keyless (id int, ${DEFINED})`,
        `insert into shop.keyless select i, ${SELECTED} ${FROM}`,
        'create table shop.copies (a int, b text)',
        `insert into shop.copies select i % 40, 'b' || i % 4 ${FROM}`,
      ].join(';\n'),
    });
    run = await fixture.run();
  });

  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  const change = (statement: string, table: string, rest: string) =>
    fixture.target.query(`${statement} ${targetIdentifier(fixture.database)}.${table} ${rest}`);

  /** What the verification finds in a table. */
  async function found(table: string) {
    const chunks = run.chunks.filter(({ stream }) => stream === `shop.${table}`);
    const verdicts = await fixture.verify({ ...run, chunks });
    expect(verdicts).toHaveLength(1);
    const [{ differences, ...counts } = { differences: [] }] = verdicts;
    expect(counts).toMatchObject({ compared: ROWS, stale: 0, explained: 0 });
    return { wrong: 0, ...counts, differences };
  }

  const KINDS = ({ key, kind }: { key: object; kind: string }) => ({ key, kind });

  test.each(['numbered', 'worded', 'keyless', 'copies'])(
    'is nothing in %s at first',
    async (table) => {
      expect(await found(table)).toMatchObject({ wrong: 0, differences: [] });
    },
  );

  describe.each(TABLES)('in the table $table', ({ table, name, key, other, pair, columns }) => {
    test.each(columns)(
      '$column, a $type, changed from $from to $to is found, and nothing else',
      async ({ column, from, to }) => {
        const update = (value: string) =>
          change('UPDATE', table, `SET ${column} = ${value} WHERE ${name} = '${key}'`);
        await update(to);
        const { wrong, differences } = await found(table);
        await update(from);
        expect(wrong).toBe(1);
        expect(differences.map(KINDS)).toEqual([
          { key: { [name]: key, column }, kind: 'different' },
        ]);
        expect(differences[0]?.source).not.toBe(differences[0]?.target);
      },
    );

    test('a row that is gone is missing, one that came is extra', async () => {
      const insert = (value: string) =>
        change('INSERT INTO', table, `(${name}, ${NAMES}) VALUES ('${value}', ${VALUES})`);
      await change('DELETE FROM', table, `WHERE ${name} = '${key}'`);
      const gone = await found(table);
      await insert(other);
      const both = await found(table);
      await change('DELETE FROM', table, `WHERE ${name} = '${other}'`);
      await insert(key);
      const missing = { key: { [name]: key }, kind: 'missing' };
      const extra = { key: { [name]: other }, kind: 'extra' };
      expect(gone.wrong).toBe(1);
      expect(gone.differences.map(KINDS)).toEqual([missing]);
      expect(both.wrong).toBe(2);
      expect(both.differences.map(KINDS)).toHaveLength(2);
      expect(both.differences.map(KINDS)).toEqual(expect.arrayContaining([missing, extra]));
    });

    test('values that two rows have exchanged are found in both', async () => {
      const set = async (first: string, second: string) => {
        await change('UPDATE', table, `SET note = 'note ${first}' WHERE ${name} = '${pair[0]}'`);
        await change('UPDATE', table, `SET note = 'note ${second}' WHERE ${name} = '${pair[1]}'`);
      };
      await set('6', '5');
      const { wrong, differences } = await found(table);
      await set('5', '6');
      expect(wrong).toBe(2);
      expect(differences.map(({ source, target }) => `${source}, ${target}`).sort()).toEqual([
        'note 5, note 6',
        'note 6, note 5',
      ]);
    });
  });

  describe('in a table without a key', () => {
    test.each(SOME)(
      '$column, a $type, changed from $from to $to makes one row missing and one extra',
      async ({ column, to }) => {
        const replace = async (values: string) => {
          await change('DELETE FROM', 'keyless', 'WHERE id = 77');
          await change('INSERT INTO', 'keyless', `(id, ${NAMES}) VALUES (77, ${values})`);
        };
        await replace(COLUMNS.map((one) => (one.column === column ? to : one.from)).join(', '));
        const { wrong, differences } = await found('keyless');
        await replace(VALUES);
        expect(wrong).toBe(2);
        expect(differences.map(({ kind }) => kind).sort()).toEqual(['extra', 'missing']);
        expect(differences.map(({ key }) => key['id'])).toEqual(['77', '77']);
      },
    );

    test('copies of a row are counted', async () => {
      const row = { a: '7', b: 'b3' };
      // There are three of them.
      await change('DELETE FROM', 'copies', `WHERE a = 7 AND b = 'b3'`);
      expect(await found('copies')).toMatchObject({
        wrong: 3,
        differences: [{ key: row, kind: 'missing', source: '3 rows that are alike' }],
      });
      await change(
        'INSERT INTO',
        'copies',
        `(a, b) VALUES (7, 'b3'), (7, 'b3'), (7, 'b3'), (7, 'b3')`,
      );
      expect(await found('copies')).toMatchObject({
        wrong: 1,
        differences: [{ key: row, kind: 'extra' }],
      });
      await change('DELETE FROM', 'copies', `WHERE a = 7 AND b = 'b3'`);
      await change('INSERT INTO', 'copies', `(a, b) VALUES (7, 'b3'), (7, 'b3'), (7, 'b3')`);
    });
  });

  test.each(['numbered', 'worded', 'keyless', 'copies'])(
    'is nothing in %s in the end',
    async (table) => {
      expect(await found(table)).toMatchObject({ wrong: 0, differences: [] });
    },
  );
});
