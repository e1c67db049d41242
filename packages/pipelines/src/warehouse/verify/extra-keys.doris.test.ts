import { type DorisStandIn, startDorisStandIn } from '@drover/stand-ins';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { extraKeys } from './extra-keys.ts';
import type { ExtraKey } from './key-lookup.ts';
import type { Scope } from './scope.ts';
import { type VerifyFixture, verifyFixture } from './testing/verify-fixture.ts';

let doris: DorisStandIn;
beforeAll(async () => {
  doris = await startDorisStandIn();
});
afterAll(async () => {
  await doris[Symbol.asyncDispose]();
});

function fixtureOf(setup: readonly string[], spec: object = {}): Promise<VerifyFixture> {
  return verifyFixture({ postgresUrl: inject('postgresUrl'), doris }, setup, spec);
}

async function extraOf(
  { parts, plan, context }: VerifyFixture,
  target = parts.target,
  scope: Scope = {},
): Promise<ExtraKey[]> {
  const found: ExtraKey[] = [];
  for await (const batch of extraKeys({ ...parts, target }, plan, scope, context()))
    found.push(...batch);
  return found.sort((a, b) => (a.source.join() < b.source.join() ? -1 : 1));
}

describe('keys that only the target has', () => {
  test('are found wherever they are, whatever else differs', async () => {
    await using fixture = await fixtureOf([
      'create table public.t (id int primary key, a text)',
      `insert into public.t select n, 'a' from generate_series(1, 2500) as n`,
    ]);
    await fixture.copy((rows) => [
      ...rows.slice(5).map((row) => ({ ...row, a: 'other' })),
      ...['-3', '9000'].map((id) => ({ id, a: 'a' })),
    ]);
    await fixture.database.sql.query('delete from public.t where id in (77, 1000)');
    const keys = ['-3', '1000', '77', '9000'].map((id) => ({ source: [id], target: [id] }));
    expect(await extraOf(fixture)).toEqual(keys);
    expect(
      await extraOf(fixture, fixture.parts.target, { range: { from: ['78'], to: ['9000'] } }),
    ).toEqual(keys.slice(1, 2));
  });

  // Mutation: a look-up of all of them at once, or none: the rows of those that came back would be deleted.
  test('are looked up right before they are handed on', async () => {
    await using fixture = await fixtureOf([
      'create table public.t (a text, b timestamptz, primary key (a, b))',
      `insert into public.t select 'k', '2024-01-01Z'::timestamptz + n * interval '1 s' from generate_series(1, 1500) as n`,
    ]);
    await fixture.copy();
    await fixture.database.sql.query('create table public.gone as select * from public.t');
    await fixture.database.sql.query('delete from public.t');
    const { parts, plan, context } = fixture;
    const found: string[] = [];
    for await (const batch of extraKeys(parts, plan, {}, context())) {
      found.push(...batch.map(({ source }) => source.join(' ')));
      await fixture.database.sql.query(
        `insert into public.t select * from public.gone where a || ' ' || b <> all ($1::text[])`,
        [found],
      );
    }
    expect(found.length).toBe(1000);
    expect(found[0]).toMatch(/^k 2024-01-01 00:\d\d:\d\d\+00$/);
  });

  test('are refused for a table without a key', async () => {
    await using fixture = await fixtureOf(['create table public.t (a text)']);
    await expect(extraOf(fixture)).rejects.toThrow('public.t has no key');
  });
});
