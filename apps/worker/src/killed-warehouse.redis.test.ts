import { signal, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { type WarehouseMigration, warehouseMigration } from './testing/warehouse-migration.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');

/** Brings a worker to a place where it is killed. @returns what lets go of whatever held it there. */
type Place = (migration: WarehouseMigration) => { arrived: Promise<void>; release: () => void };

const inTheMiddleOfTheRows: Place = ({ line }) => line.holdAt('note 1500 ');

const afterThePrecommit =
  (label: RegExp): Place =>
  ({ doris }) => {
    const [reached, released] = [signal(), signal()];
    doris.faults.holdAfterPrecommit = {
      times: 1,
      label,
      reached: reached.give,
      until: released.given,
    };
    return { arrived: reached.given, release: released.give };
  };

/** The ledger knows by now what is about to be committed. */
const beforeTheCommit: Place = ({ line }) => line.holdAt('txn_operation: commit');

/** Labels of the table with a key end with the chunk's generation. */
const KEYED = /_1$/;

const afterTheCommit: Place = ({ doris }) => {
  const published = signal();
  const slow = { times: 1, label: KEYED, until: published.given };
  doris.faults.slowPublish = slow;
  const arrived = until('the load is committed', () => slow.times === 0);
  return { arrived, release: published.give };
};

describe.skipIf(redisUrl === null || inject('dorisUrl') !== null)('a worker of a warehouse', () => {
  const servers = { postgresUrl, queueUrl: redisUrl ?? '' };

  test.each<[string, Place, string, number]>([
    ['in the middle of the rows', inTheMiddleOfTheRows, 'shop.orders', 2],
    ['when the target was ready to commit', afterThePrecommit(KEYED), 'shop.orders', 2],
    [
      'when the ledger knew what is to be committed, and the target was not told',
      beforeTheCommit,
      'shop.orders',
      1,
    ],
    [
      'when the target had committed, and the ledger did not know',
      afterTheCommit,
      'shop.orders',
      1,
    ],
    ['while it moved a table without a key', afterThePrecommit(/_p0$/), 'shop.visits', 1],
  ])(
    'killed %s: another one finishes, and every row is there once',
    async (_, place, table, loads) => {
      await using migration = await warehouseMigration(servers);
      const { arrived, release } = place(migration);
      const first = migration.worker();
      await arrived;
      first.signal('SIGKILL');
      expect(await first.ended).toBe('SIGKILL');
      release();
      migration.worker();
      await migration.finished();
      const { source, target } = await migration.bothSides();
      expect(source).toHaveLength(3500);
      expect(target).toEqual(source);
      // Of the table with a key: what was to be committed is not sent again.
      const sent = migration.doris.requests.filter(
        ({ path }) => path === '/api/shop/orders/_stream_load',
      );
      expect(sent).toHaveLength(loads);
      expect(await migration.failed()).toEqual({ attempts: [`${table} superseded`], burnt: 0 });
      const logged = migration.logged();
      expect(logged).toContain('chunk done');
      for (const spelling of [migration.password, encodeURIComponent(migration.password)]) {
        expect(logged).not.toContain(spelling);
      }
      expect(logged).not.toContain(Buffer.from(`root:${migration.password}`).toString('base64'));
    },
  );
});
