import type { Finding } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import { collect, levelsOf, telling } from '../../check/testing/findings.ts';
import { planAll } from '../plan-table.ts';
import { readTables } from '../read-tables.ts';
import { STRICTER_LIMITS } from '../target-limits.ts';
import { sourceFixture } from '../testing/source-fixture.ts';
import { warehouseSpec } from '../testing/warehouse-spec.ts';
import { checkMisfits, type Look } from './check-misfits.ts';
import { checkFixture, worse } from './testing/check-fixture.ts';

const PEOPLE = [
  'create table shop.people (id int primary key, born date, "Shoe size" numeric)',
  `insert into shop.people values (1, '0044-03-15 BC', 40), (2, 'infinity', 41), (3, '1990-01-01', 42), (4, null, 'NaN')`,
];

const fixOf = (findings: readonly Finding[], rule: string) =>
  findings.find((one) => one.rule === rule)?.fix ?? '';

describe('values that the target cannot hold', () => {
  test('are counted, shown by a statement, and converted by what the fix says', async () => {
    await using fixture = await checkFixture(PEOPLE);
    const findings = await fixture.check();
    expect(worse(findings)).toMatchObject([
      {
        level: 'warning',
        rule: 'date-out-of-range',
        subject: 'shop.people.born',
        reason:
          '2 of 4 rows do not go into DATE: lies outside the years 0001 to 9999. They become rejects',
      },
    ]);
    const [inFile = '', select = ''] = fixOf(findings, 'date-out-of-range').split(
      ' Or correct them in the source: ',
    );
    expect(inFile).toBe(
      'To load them nevertheless, write under tables: - { name: shop.people, columns: { born: { misfit: clamp } } }, or instead misfit: "null", or type: STRING.',
    );
    expect(await fixture.source.sql.query(select)).toEqual([{ id: '1' }, { id: '2' }]);
    for (const born of [{ misfit: 'clamp' }, { misfit: 'null' }, { type: 'STRING' }]) {
      const tables = [{ name: 'shop.people', columns: { born } }];
      expect(telling(await fixture.check({ tables }))).toEqual([]);
    }
  });

  test('are offered only the conversions that help, under the name that the column has', async () => {
    await using fixture = await checkFixture(PEOPLE);
    const types = { numeric: 'DECIMAL(38,9)' };
    const findings = await fixture.check({ types });
    expect(fixOf(findings, 'not-a-number')).toMatch(
      /^To load them nevertheless, write under tables: - \{ name: shop\.people, columns: \{ "Shoe size": \{ misfit: "null" \} \} \}, or instead type: STRING\. Or correct/,
    );
    const tables = [{ name: 'shop.people', columns: { 'Shoe size': { misfit: 'null' } } }];
    const again = await fixture.check({ types, tables });
    expect(telling(again)).toEqual(['date-out-of-range']);
    // The table has an entry already, of which there can be but one.
    expect(fixOf(again, 'date-out-of-range')).toContain(
      'add to shop.people under tables: columns: { born: { misfit: clamp } }, or instead',
    );
  });

  test('in a key can only be corrected', async () => {
    await using fixture = await checkFixture([
      'create table shop.days (day date primary key)',
      `insert into shop.days values ('infinity')`,
    ]);
    const [finding] = worse(await fixture.check());
    expect(finding?.fix).toMatch(
      /^Correct them in the source: select s\."day" from only "shop"\."days" s where /,
    );
  });
});

describe('rejects', () => {
  const rejects = (max: number, maxPerRun: number) => ({ rejects: { max, maxPerRun } });

  test('beyond what a chunk or a run may have are told', async () => {
    await using fixture = await checkFixture([
      ...PEOPLE,
      'create table shop.whole (born date)',
      `insert into shop.whole values ('infinity'), ('-infinity')`,
    ]);
    const many = async (max: number, maxPerRun: number) =>
      levelsOf(await fixture.check(rejects(max, maxPerRun)), 'rejects-many');
    expect(await many(2, 4)).toEqual([]);
    expect(await many(1, 4)).toEqual(['error shop.whole', 'warning shop.people']);
    expect(await many(2, 3)).toEqual(['error rejects.maxPerRun']);
  });

  test('are counted once for a row that breaks several rules', async () => {
    await using fixture = await checkFixture([
      'create table shop.people (id int primary key, born date, died date)',
      `insert into shop.people values (1, '0044-03-15 BC', 'infinity'), (2, 'infinity', null)`,
    ]);
    const many = async (max: number) =>
      levelsOf(await fixture.check(rejects(max, 2)), 'rejects-many');
    expect(await many(2)).toEqual([]);
    expect(await many(1)).toEqual(['warning shop.people']);
  });
});

describe('a look that is not whole', () => {
  async function looked(statements: readonly string[], look: Look, options: object = {}) {
    await using fixture = await sourceFixture(inject('postgresUrl'));
    await fixture.run(...statements);
    const spec = warehouseSpec({ source: { schemas: ['public'], views: 'copy' }, ...options });
    const { tables } = await readTables(fixture.database.sql, spec);
    const { plans } = planAll(tables, spec, STRICTER_LIMITS);
    const parts = { source: fixture.database.sql, spec };
    return await collect(checkMisfits(parts, { plans, limits: STRICTER_LIMITS }, look));
  }

  const LARGE = [
    'create table public.large (id int primary key, born date)',
    `insert into public.large select i, '1990-01-01' from generate_series(1, 100000) i`,
  ];
  const SMALL = ['create table public.small (id int primary key, born date)'];

  test('is a sample of a large table, in which nothing found proves nothing', async () => {
    const findings = await looked([...LARGE, ...SMALL], { budgetMs: 60_000, wholeBytes: 500_000 });
    expect(findings).toMatchObject([{ level: 'info', rule: 'misfits-unproven' }]);
    expect(findings[0]?.reason).toMatch(
      /^no value that does not fit was found in a sample of public\.large \(1[34]\.\d+ % of it\)\. /,
    );
  });

  test('says that what it found is of a sample', async () => {
    const findings = await looked(
      [
        LARGE[0] ?? '',
        `insert into public.large select i, 'infinity' from generate_series(1, 100000) i`,
      ],
      { budgetMs: 60_000, wholeBytes: 500_000 },
    );
    const [finding, ...others] = worse(findings);
    const [, rows] =
      /^(\d+) of \1 rows of a sample \(1[34]\.\d+ % of the table\) do not go/.exec(
        finding?.reason ?? '',
      ) ?? [];
    expect(Number(rows)).toBeGreaterThan(0);
    expect(Number(rows)).toBeLessThan(50_000);
    // More than the 10,000 that a chunk may have.
    expect(others.map(({ rule }) => rule)).toEqual(['rejects-many']);
  });

  test('that fails is an error of its table, and the others are looked at', async () => {
    const broken = `create view public.broken as
      select i as id, 'infinity'::date as born from generate_series(1, 1) i where 1 / (i - 1) = 1`;
    const full = `insert into public.small values (1, 'infinity')`;
    const look = { budgetMs: 60_000, wholeBytes: 500_000 };
    const findings = await looked([...SMALL, full, broken], look);
    expect(findings.map(({ level, subject }) => [level, subject])).toEqual([
      ['error', 'public.broken'],
      ['warning', 'public.small.born'],
    ]);
  });

  test('ends with its time, and names what it has left out', async () => {
    const slow = `create view public.slow as select 1 as id, 'infinity'::date as born from pg_sleep(20)`;
    const started = Date.now();
    const findings = await looked([...SMALL, slow], { budgetMs: 1_000, wholeBytes: 500_000 });
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(findings).toMatchObject([
      {
        level: 'info',
        rule: 'misfits-unproven',
        reason: expect.stringMatching(/the time for this was over: public\.slow\. /) as string,
      },
    ]);
  });
});
