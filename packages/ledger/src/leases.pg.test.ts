import { describe, expect, inject, test } from 'vitest';
import { ledgerFixture } from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');
const FEEDER = { name: 'feeder', ttlMs: 3_600_000 };

describe('a lease', () => {
  // Mutation: without the `where` of the upsert in leases.ts everybody gets it.
  test('goes to one of many who ask at once', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const owners = Array.from({ length: 8 }, (_, index) => `worker ${index}`);
    const won = await Promise.all(owners.map((owner) => ledger.acquireLease({ ...FEEDER, owner })));
    expect(won.filter(Boolean)).toHaveLength(1);
    const owner = owners[won.indexOf(true)] ?? '';
    expect(await ledger.acquireLease({ ...FEEDER, owner })).toBe(true);
    expect(await ledger.acquireLease({ ...FEEDER, owner: 'another' })).toBe(false);
    expect(await ledger.acquireLease({ ...FEEDER, name: 'another', owner: 'another' })).toBe(true);
  });

  // Mutation: without `expires_at < clock_timestamp()` nobody ever follows a dead owner.
  test('that ran out goes to one of those who ask, and its former owner has lost it', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    await ledger.acquireLease({ ...FEEDER, owner: 'dead' });
    await database.sql.query(`update drover.lease set expires_at = now() - interval '1 second'`);
    const ask = (owner: string) => ledger.acquireLease({ ...FEEDER, owner });
    const won = await Promise.all([ask('one'), ask('other')]);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await ask('dead')).toBe(false);
    // Mutation: without `owner = $2` in `releaseLease` the dead one gives away what is not its own.
    await ledger.releaseLease({ name: 'feeder', owner: 'dead' });
    expect(await ask('dead')).toBe(false);
  });

  test('lasts as long as it was asked for, by the clock of the ledger, and starts anew when it is renewed', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const left = async () => {
      const [row] = await database.sql.query(
        'select extract(epoch from expires_at - clock_timestamp()) as seconds from drover.lease',
      );
      return Number(row?.['seconds']);
    };
    await ledger.acquireLease({ ...FEEDER, owner: 'one' });
    expect(await left()).toBeGreaterThan(3_000);
    expect(await left()).toBeLessThanOrEqual(3_600);
    await ledger.acquireLease({ ...FEEDER, ttlMs: 7_200_000, owner: 'one' });
    expect(await left()).toBeGreaterThan(6_600);
    await ledger.releaseLease({ name: 'feeder', owner: 'one' });
    expect(await ledger.acquireLease({ ...FEEDER, owner: 'other' })).toBe(true);
  });
});
