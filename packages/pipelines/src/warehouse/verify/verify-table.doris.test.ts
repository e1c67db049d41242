import type { Verdict, VerifyContext } from '@drover/core';
import { type DorisStandIn, startDorisStandIn } from '@drover/stand-ins';
import { silentLog } from '@drover/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Scope } from './scope.ts';
import { type TextRow, type VerifyFixture, verifyFixture } from './testing/verify-fixture.ts';
import { verifyScope } from './verify-table.ts';

let doris: DorisStandIn;
beforeAll(async () => {
  doris = await startDorisStandIn();
});
afterAll(async () => {
  await doris[Symbol.asyncDispose]();
});

const EVERYTHING: Scope = { range: { from: null, to: null } };

function fixtureOf(setup: readonly string[], spec: object = {}): Promise<VerifyFixture> {
  return verifyFixture({ postgresUrl: inject('postgresUrl'), doris }, setup, spec);
}

function verify(
  { parts, plan, context }: VerifyFixture,
  scope: Scope = EVERYTHING,
  overrides: Partial<VerifyContext> = {},
): Promise<Verdict> {
  return verifyScope(parts, plan, scope, context(overrides));
}

/** What was found, a line each, as the tests tell it. */
function told({ differences }: Verdict): string[] {
  return differences
    .map(
      ({ kind, key, source, target, stale }) =>
        `${stale ? 'stale ' : ''}${kind} ${Object.values(key)
          .map((part) => part as string | null)
          .join(' ')}: ${source} / ${target}`,
    )
    .sort();
}

const CLEAN = { wrong: 0, stale: 0, explained: 0, differences: [] };

/** Changes the rows of the target that `where` holds for. */
function changed(where: Partial<TextRow>, change: (row: TextRow) => TextRow[]) {
  const matches = (row: TextRow) =>
    Object.entries(where).every(([name, value]) => row[name] === value);
  return (rows: TextRow[]) => rows.flatMap((row) => (matches(row) ? change(row) : [row]));
}

const set = (where: Partial<TextRow>, values: TextRow) =>
  changed(where, (row) => [{ ...row, ...values }]);

const ledgerOf = (rows: number) => [
  `create table public.t (tenant int, "Nr" bigint, a text, b text, amount numeric(12,4), at timestamptz,
     day date, flag boolean, ratio float8, small float4, doc jsonb, raw bytea, code char(4), primary key (tenant, "Nr"))`,
  `insert into public.t
   select n / 100, n * 10, 'a' || n, case when n % 3 = 0 then 'b' || n end, n / 7.0,
          '2024-01-01 00:00:00.123456Z'::timestamptz + n * interval '1.000001 s', '2024-01-01'::date + n,
          n % 2 = 0, n / 7.0, n / 3.0, '{"n": 1}', decode(md5(n::text), 'hex'), n % 100
   from generate_series(1, ${rows}) as n`,
  `update public.t set a = 'a|b', b = 'c' where "Nr" = 100`,
  `update public.t set a = '12', b = '3' where "Nr" = 200`,
  `update public.t set a = '', b = null where "Nr" = 300`,
  `update public.t set a = repeat('é', 300) where "Nr" = 400`,
  `update public.t set ratio = 1e300, small = -0.1 where "Nr" = 500`,
];

describe('verification row by row', () => {
  const ROWS = 300;
  let fixture: VerifyFixture;
  beforeAll(async () => {
    fixture = await fixtureOf(ledgerOf(ROWS));
  });
  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  test('finds nothing after a faithful copy, and says how much it compared', async () => {
    await fixture.copy();
    const rows: number[] = [];
    const messages: string[] = [];
    const verdict = await verify(fixture, EVERYTHING, {
      progress: (totals) => rows.push(totals.rows),
      log: { ...silentLog, info: (message) => messages.push(message) },
    });
    // Digests that always differ would make the same verdict, and nobody would know why it takes so long.
    expect(messages).toEqual([]);
    expect(fixture.plan.sameOrder).toBe(true);
    expect(verdict).toEqual({ ...CLEAN, compared: ROWS });
    expect(rows.at(-1)).toBe(ROWS);
  });

  /** One fault each, and what must be told of it. */
  const FAULTS: readonly {
    name: string;
    spoil: (rows: TextRow[]) => TextRow[];
    found: readonly string[];
  }[] = [
    {
      name: 'a row that was dropped',
      spoil: changed({ Nr: '1000' }, () => []),
      found: ['missing 1 1000: a row / null'],
    },
    {
      name: 'a row too many',
      spoil: changed({ Nr: '1000' }, (row) => [row, { ...row, Nr: '1001' }]),
      found: ['extra 1 1001: null / a row'],
    },
    {
      name: 'rows beyond both ends of the source',
      spoil: changed({ Nr: '1000' }, (row) => [
        row,
        { ...row, tenant: '-5' },
        { ...row, tenant: '2147483647' },
      ]),
      found: ['extra -5 1000: null / a row', 'extra 2147483647 1000: null / a row'],
    },
    {
      name: 'values exchanged between two rows',
      spoil: (rows) => set({ Nr: '20' }, { a: 'a1' })(set({ Nr: '10' }, { a: 'a2' })(rows)),
      found: ['different 0 10 a: a1 / a2', 'different 0 20 a: a2 / a1'],
    },
    {
      name: 'floats exchanged between two rows',
      spoil: (rows) => {
        const [first, second] = ['2000', '2010'].map((nr) => rows.find((row) => row['Nr'] === nr));
        return set(
          { Nr: '2010' },
          { ratio: first?.['ratio'] ?? null },
        )(set({ Nr: '2000' }, { ratio: second?.['ratio'] ?? null })(rows));
      },
      found: [
        'different 2 2000 ratio: 28.571428571428573 / 28.714285714285715',
        'different 2 2010 ratio: 28.714285714285715 / 28.571428571428573',
      ],
    },
    {
      name: 'values exchanged between two columns',
      spoil: changed({ Nr: '30' }, (row) => [{ ...row, a: row['b'] ?? null, b: row['a'] ?? null }]),
      found: ['different 0 30 a: a3 / b3', 'different 0 30 b: b3 / a3'],
    },
    {
      name: 'a separator at another place',
      spoil: set({ Nr: '100' }, { a: 'a', b: 'b|c' }),
      found: ['different 0 100 a: a|b / a', 'different 0 100 b: c / b|c'],
    },
    {
      name: 'digits at another place',
      spoil: set({ Nr: '200' }, { a: '1', b: '23' }),
      found: ['different 0 200 a: 12 / 1', 'different 0 200 b: 3 / 23'],
    },
    {
      name: 'NULL and the empty text for one another',
      spoil: set({ Nr: '300' }, { a: null, b: '' }),
      found: ['different 0 300 a:  / null', 'different 0 300 b: null / '],
    },
    {
      name: 'an end that is cut off far beyond what is shown',
      spoil: set({ Nr: '400' }, { a: 'é'.repeat(299) }),
      found: [`different 0 400 a: ${'é'.repeat(200)}... / ${'é'.repeat(200)}...`],
    },
    {
      name: 'microseconds that were cut off',
      spoil: set({ Nr: '40' }, { at: '2024-01-01 00:00:04.123' }),
      found: ['different 0 40 at: 2024-01-01 00:00:04.123460 / 2024-01-01 00:00:04.123000'],
    },
    {
      name: 'a decimal that was rounded',
      spoil: set({ Nr: '50' }, { amount: '0.7100' }),
      found: ['different 0 50 amount: 0.7143 / 0.7100'],
    },
    {
      name: 'a boolean, a date, bytes and a blank',
      spoil: set({ Nr: '60' }, { flag: '0', day: '2024-01-08', raw: '00', code: '6 ' }),
      found: [
        'different 0 60 code: 6 / 6 ',
        'different 0 60 day: 2024-01-07 / 2024-01-08',
        'different 0 60 flag: 1 / 0',
        'different 0 60 raw: 1679091c5a880faf6fb5e6087eb1b2dc / 00',
      ],
    },
    {
      name: 'floats: another number, and numbers that became NULL',
      spoil: (rows) =>
        set({ Nr: '70' }, { small: '3' })(set({ Nr: '500' }, { ratio: null, small: null })(rows)),
      found: [
        'different 0 500 ratio: 1e+300 / null',
        'different 0 500 small: -0.1 / null',
        'different 0 70 small: 2.3333333 / 3',
      ],
    },
    {
      name: 'a document',
      spoil: set({ Nr: '80' }, { doc: '{"n":1}' }),
      found: ['different 0 80 doc: {"n": 1} / {"n":1}'],
    },
  ];

  test.each(FAULTS)('finds and locates $name', async ({ spoil, found }) => {
    await fixture.copy(spoil);
    const verdict = await verify(fixture);
    expect(told(verdict)).toEqual(found);
    const rows = new Set(found.map((line) => line.split(':')[0]?.split(' ').slice(0, 3).join(' ')));
    expect(verdict).toMatchObject({ compared: ROWS, wrong: rows.size, stale: 0, explained: 0 });
  });
});

describe('verification by ranges of the key', () => {
  // More than are read at once: they are cut into ranges first.
  const ROWS = 2600;
  let fixture: VerifyFixture;
  beforeAll(async () => {
    fixture = await fixtureOf(ledgerOf(ROWS));
  });
  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  test('finds single rows, and those beyond both ends of the source', async () => {
    await fixture.copy((rows) => [
      ...set({ Nr: '8000' }, { amount: null })(rows.filter(({ Nr }) => Nr !== '10')),
      { ...rows[0], tenant: '-5' },
      { ...rows[0], tenant: '2147483647' },
    ]);
    const verdict = await verify(fixture);
    expect(told(verdict)).toEqual([
      'different 8 8000 amount: 114.2857 / null',
      'extra -5 10: null / a row',
      'extra 2147483647 10: null / a row',
      'missing 0 10: a row / null',
    ]);
    expect(verdict).toMatchObject({ compared: ROWS, wrong: 4 });
  });

  test('finds a fault at a bound in the chunk that the bound begins, and in no other', async () => {
    const bounds = [null, ['7'], ['13', '13050'], null];
    const scopes = bounds
      .slice(1)
      .map((to, index) => ({ range: { from: bounds[index] ?? null, to } }));
    await fixture.copy((rows) =>
      rows.filter(({ Nr }) => !['6990', '7000', '13040', '13050'].includes(Nr ?? '')),
    );
    const verdicts = [];
    for (const scope of scopes) verdicts.push(await verify(fixture, scope));
    expect(verdicts.map(told)).toEqual([
      ['missing 6 6990: a row / null'],
      ['missing 13 13040: a row / null', 'missing 7 7000: a row / null'],
      ['missing 13 13050: a row / null'],
    ]);
    expect(verdicts.reduce((sum, { compared }) => sum + compared, 0)).toBe(ROWS);
  });

  // Mutation: cutting at the source's keys alone goes round for ever, or reads all of them at once.
  test('finds thousands of rows that only the target has, and names as many as asked for', async () => {
    await fixture.copy((rows) => [
      ...rows,
      ...Array.from({ length: 3000 }, (_, index) => ({
        ...rows[0],
        tenant: '500',
        Nr: String(index),
      })),
    ]);
    const verdict = await verify(fixture, EVERYTHING, { maxDifferences: 7 });
    expect(verdict).toMatchObject({ compared: ROWS, wrong: 3000 });
    expect(verdict.differences).toHaveLength(7);
  });

  test('counts every row of a column that is wrong everywhere', async () => {
    await fixture.copy((rows) => rows.map((row) => ({ ...row, doc: null })));
    const verdict = await verify(fixture, EVERYTHING, { maxDifferences: 2 });
    expect(verdict.wrong).toBe(ROWS);
    expect(verdict.differences.map(({ key }) => key['column'])).toEqual(['doc', 'doc']);
  });

  test('finds everything missing from an empty target', async () => {
    await fixture.copy(() => []);
    expect(await verify(fixture)).toMatchObject({ compared: ROWS, wrong: ROWS });
  });
});

describe('verification by buckets', () => {
  const NAMES = ['_', 'a', 'A', 'é', 'e', 'Z', '𝄞', '', ' ', "it's", 'back\\slash', '名'];
  const TEXT_KEYS = [
    'create table public.t (name text primary key, n int)',
    `insert into public.t select 'n' || n, n from generate_series(1, 2500) as n`,
    ...NAMES.map(
      (name, index) =>
        `insert into public.t values (E'${name.replaceAll(/['\\]/g, '\\$&')}', ${index})`,
    ),
  ];

  test('compares a text key that the two databases order differently', async () => {
    await using fixture = await fixtureOf([
      'create table public.t (name text collate "en-US-x-icu" primary key, n int)',
      ...TEXT_KEYS.slice(1),
    ]);
    expect(fixture.plan.sameOrder).toBe(false);
    await fixture.copy();
    const compared = 2500 + NAMES.length;
    expect(await verify(fixture, { bucket: '' })).toEqual({ ...CLEAN, compared });

    await fixture.copy((rows) =>
      set(
        { name: 'é' },
        { name: 'e\u0301' },
      )(changed({ name: '_' }, () => [])(set({ name: '𝄞' }, { n: '99' })(rows))),
    );
    const verdict = await verify(fixture, { bucket: '' });
    expect(told(verdict)).toEqual([
      'different 𝄞 n: 6 / 99',
      'extra e\u0301: null / a row',
      'missing _: a row / null',
      'missing é: a row / null',
    ]);

    const parts = [];
    for (const digit of '0123456789abcdef') parts.push(await verify(fixture, { bucket: digit }));
    expect(parts.reduce((sum, part) => sum + part.compared, 0)).toBe(compared);
    expect(parts.flatMap(told).sort()).toEqual(told(verdict));
  });

  test('compares tables without a key as multisets', async () => {
    await using fixture = await fixtureOf([
      'create table public.t (a text, b int, f float8)',
      `insert into public.t select 'x', 1, 0.5 from generate_series(1, 2500)`,
      `insert into public.t values ('twice', 2, 1), ('twice', 2, 1), (null, null, null)`,
    ]);
    await fixture.copy();
    const compared = 2503;
    expect(await verify(fixture, {})).toEqual({ ...CLEAN, compared });

    await fixture.copy((rows) =>
      rows
        .slice(2)
        .filter((row, index, all) => row['a'] !== 'twice' || all[index - 1]?.['a'] !== 'twice'),
    );
    const fewer = await verify(fixture, {});
    expect(told(fewer)).toEqual([
      'missing twice 2: a row / null',
      'missing x 1: 2 rows that are alike / null',
    ]);
    expect(fewer.wrong).toBe(3);

    await fixture.copy((rows) => [
      ...rows,
      { a: 'twice', b: '2', f: '1' },
      { a: '', b: null, f: null },
    ]);
    const more = await verify(fixture, {});
    expect(told(more)).toEqual(['extra  : null / a row', 'extra twice 2: null / a row']);

    await fixture.copy(set({ a: 'twice' }, { f: '1.5' }));
    expect(told(await verify(fixture, {}))).toEqual(['different twice 2 f: 1 / 1.5']);
  });

  test('finds rows of a key that the file names and that is none', async () => {
    await using fixture = await fixtureOf(
      [
        'create table public.t (id int, a text)',
        `insert into public.t select 1, 'x' || n from generate_series(1, 2100) as n`,
        `insert into public.t values (2, 'y'), (2, 'y')`,
      ],
      { tables: [{ name: 'public.t', key: ['id'] }] },
    );
    await fixture.copy();
    const verdict = await verify(fixture);
    expect(verdict).toMatchObject({ compared: 2102, wrong: 2100 });
    expect(told(verdict)[0]).toBe('missing 1: a row / null');
  });
});

describe('what explains a difference', () => {
  const SMALL = [
    'create table public.t (id int primary key, a text)',
    `insert into public.t select n, 'a' || n from generate_series(1, 50) as n`,
  ];

  test('is a reject on record, as long as the target has nothing instead', async () => {
    await using fixture = await fixtureOf(SMALL);
    await fixture.copy((rows) =>
      set({ id: '2' }, { a: 'x' })(rows.filter(({ id }) => id !== '1' && id !== '3')),
    );
    const reject = (id: string) => ({
      key: { id },
      rule: 'r',
      column: null,
      reason: '',
      rows: 1,
      row: null,
    });
    const verdict = await verify(fixture, EVERYTHING, {
      moved: async () => ({ receipts: [], rejects: [reject('1'), reject('2')] }),
    });
    expect(verdict).toMatchObject({ compared: 50, wrong: 2, stale: 0, explained: 1 });
    expect(told(verdict)).toEqual(['different 2 a: a2 / x', 'missing 3: a row / null']);
  });

  test('is, without a key, a rule that sets the row aside, for as many rows as are on record', async () => {
    await using fixture = await fixtureOf([
      'create table public.t (a text, day date)',
      `insert into public.t values ('one', 'infinity'), ('two', '0044-03-15 BC'), ('three', '2024-01-01')`,
    ]);
    await fixture.copy((rows) => rows.filter(({ a }) => a === 'three'));
    const rejects = (rows: number) => [
      { key: {}, rule: 'date-out-of-range', column: 'day', reason: '', rows, row: null },
    ];
    const moved = (rows: number) => ({
      moved: async () => ({ receipts: [], rejects: rejects(rows) }),
    });
    expect(await verify(fixture, {}, moved(2))).toMatchObject({ wrong: 0, explained: 2 });
    expect(await verify(fixture, {}, moved(1))).toMatchObject({ wrong: 1, explained: 1 });
    await fixture.copy(() => []);
    expect(told(await verify(fixture, {}, moved(3)))).toEqual([
      'missing three 2024-01-01: a row / null',
    ]);
  });

  test('is a change of the source since the move', async () => {
    await using fixture = await fixtureOf(SMALL);
    await fixture.copy((rows) => rows.filter(({ id }) => id !== '7'));
    const receipts = [await fixture.receipt(49)];
    await fixture.database.sql.query(`update public.t set a = 'new' where id = 5`);
    await fixture.database.sql.query(`insert into public.t values (51, 'new')`);
    const verdict = await verify(fixture, EVERYTHING, {
      moved: async () => ({ receipts, rejects: [] }),
    });
    expect(verdict).toMatchObject({ compared: 51, wrong: 1, stale: 2 });
    expect(told(verdict)).toEqual([
      'missing 7: a row / null',
      'stale different 5 a: new / a5',
      'stale missing 51: a row / null',
    ]);
    expect((await verify(fixture)).stale).toBe(0);
  });

  // Mutation: `some` snapshot instead of every: the row came before the newer one was taken.
  test('is no change that the newest of several moves had seen', async () => {
    await using fixture = await fixtureOf(SMALL);
    await fixture.copy();
    const before = await fixture.receipt(50);
    await fixture.database.sql.query(`update public.t set a = 'new' where id = 5`);
    const receipts = [await fixture.receipt(1), before];
    const verdict = await verify(fixture, EVERYTHING, {
      moved: async () => ({ receipts, rejects: [] }),
    });
    expect(verdict).toMatchObject({ wrong: 1, stale: 0 });
  });

  test('is a delete in the source only where the rest proves it', async () => {
    await using fixture = await fixtureOf(SMALL);
    await fixture.copy();
    const receipts = [await fixture.receipt(50)];
    await fixture.database.sql.query('delete from public.t where id in (8, 9)');
    await fixture.database.sql.query(`update public.t set a = 'new' where id = 5`);
    const moved = { moved: async () => ({ receipts, rejects: [] }) };
    const proven = await verify(fixture, EVERYTHING, moved);
    expect(proven).toMatchObject({ wrong: 0, stale: 3 });
    expect(told(proven)).toEqual([
      'stale different 5 a: new / a5',
      'stale extra 8: null / a row',
      'stale extra 9: null / a row',
    ]);

    // A row that came from elsewhere: more rows than were written.
    await fixture.copy((rows) => [...rows, { id: '8', a: 'a8' }]);
    expect(await verify(fixture, EVERYTHING, moved)).toMatchObject({ wrong: 1, stale: 0 });

    // As many rows as were written, but another key than the source has: 1 became 8.
    await fixture.copy((rows) => [...set({ id: '1' }, { id: '8' })(rows), { id: '9', a: 'a9' }]);
    await fixture.database.sql.query(`update public.t set a = 'a5' where id = 5`);
    const mangled = await verify(fixture, EVERYTHING, {
      moved: async () => ({
        receipts: receipts.map((receipt) => ({ ...receipt, written: 49 })),
        rejects: [],
      }),
    });
    expect(told(mangled)).toEqual([
      'extra 8: null / a row',
      'extra 9: null / a row',
      'missing 1: a row / null',
      'stale different 5 a: a5 / new',
    ]);
    expect(mangled).toMatchObject({ wrong: 3, stale: 1 });
  });
});

describe('a verification', () => {
  const VIEW = [
    'create table public.rows (id int primary key, a text)',
    `insert into public.rows values (1, 'x'), (2, 'y')`,
    'create view public.t as select * from public.rows',
  ];

  test('compares a view, of which nothing is ever called stale', async () => {
    await using fixture = await fixtureOf(VIEW, { tables: [{ name: 'public.t', key: ['id'] }] });
    const receipts = [await fixture.receipt(2)];
    await fixture.database.sql.query(`insert into public.rows values (3, 'z')`);
    await fixture.copy(set({ id: '3' }, { a: 'other' }));
    const moved = { moved: async () => ({ receipts, rejects: [] }) };
    expect(told(await verify(fixture, EVERYTHING, moved))).toEqual(['different 3 a: z / other']);
  });

  test('looks once more before it calls anything wrong', async () => {
    await using fixture = await fixtureOf(
      VIEW.slice(0, 2).map((sql) => sql.replaceAll('public.rows', 'public.t')),
    );
    await fixture.copy(set({ id: '2' }, { a: 'late' }));
    let healed = false;
    const target = {
      query: async (text: string, signal?: AbortSignal) => {
        const rows = await fixture.parts.target.query(text, signal);
        if (text.includes('FROM `d') && !healed) {
          healed = true;
          await fixture.copy();
        }
        return rows;
      },
    };
    const verdict = await verifyScope(
      { ...fixture.parts, target },
      fixture.plan,
      EVERYTHING,
      fixture.context(),
    );
    expect(healed).toBe(true);
    expect(verdict).toEqual({ ...CLEAN, compared: 2 });
  });

  test('refuses a target that computes other digests', async () => {
    await using fixture = await fixtureOf(
      VIEW.slice(0, 2).map((sql) => sql.replaceAll('public.rows', 'public.t')),
    );
    const target = {
      query: (text: string) => fixture.parts.target.query(text.replaceAll('é', '?')),
    };
    const parts = { ...fixture.parts, target };
    await expect(
      verifyScope(parts, fixture.plan, EVERYTHING, fixture.context()),
    ).rejects.toMatchObject({
      code: 'DIGEST_UNRELIABLE',
    });
  });

  test('ends with the reason of its signal while the target does not answer', async () => {
    await using fixture = await fixtureOf(
      VIEW.slice(0, 2).map((sql) => sql.replaceAll('public.rows', 'public.t')),
    );
    const controller = new AbortController();
    const reason = new Error('enough');
    const target = {
      query: () => {
        controller.abort(reason);
        return new Promise<never>(() => {});
      },
    };
    const context = fixture.context({ signal: controller.signal });
    await expect(
      verifyScope({ ...fixture.parts, target }, fixture.plan, EVERYTHING, context),
    ).rejects.toBe(reason);
    await expect(verifyScope(fixture.parts, fixture.plan, EVERYTHING, context)).rejects.toBe(
      reason,
    );
  });

  test('tells NULL from not NULL in a column of documents, which have no text in common', async () => {
    await using fixture = await fixtureOf(
      [
        'create table public.t (id int primary key, doc jsonb)',
        `insert into public.t select n, '{"a": 1}' from generate_series(1, 20) as n`,
      ],
      { types: { json: 'json' } },
    );
    await fixture.copy();
    expect(await verify(fixture)).toEqual({ ...CLEAN, compared: 20 });
    await fixture.copy(set({ id: '5' }, { doc: null }));
    expect(told(await verify(fixture))).toEqual(['different 5 doc: a value / null']);
  });

  test('takes as many columns as a table can have', async () => {
    const columns = Array.from({ length: 1599 }, (_, index) => `c${index} smallint`);
    await using fixture = await fixtureOf([
      `create table public.t (id int primary key, ${columns.join(', ')})`,
      'insert into public.t (id, c0, c1598) values (1, 1, 2), (2, 3, 4)',
    ]);
    await fixture.copy(set({ id: '2' }, { c1598: '5', c0: null }));
    expect(told(await verify(fixture))).toEqual([
      'different 2 c0: 3 / null',
      'different 2 c1598: 4 / 5',
    ]);
  });
});
