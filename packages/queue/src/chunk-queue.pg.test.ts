import { deliveryKey, toDroverError } from '@drover/core';
import { scratchDatabase, until } from '@drover/testkit';
import { describe, inject } from 'vitest';
import { installQueue } from './backend.ts';
import { queueName } from './queue-name.ts';
import { describeAddresses, withRefusedLogin } from './testing/addresses.ts';
import { describeCarrying } from './testing/carrying.ts';
import { describeConcurrency } from './testing/concurrency.ts';
import { describeDeadLetters } from './testing/dead-letters.ts';
import { describeLosing } from './testing/losing.ts';
import type { QueueUnderTest } from './testing/queue-under-test.ts';
import { describeSteering } from './testing/steering.ts';

const postgresUrl = inject('postgresUrl');

async function openOnPostgres(): Promise<QueueUnderTest> {
  const database = await scratchDatabase(postgresUrl);
  const address = { url: database.url, prefix: '' };
  await installQueue(address);
  const { sql } = database;
  /** All tables of BullMQ but the one that says which of its migrations have run. */
  const tables = async () => {
    const rows = await sql.query(
      `select c.oid::regclass as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'drover_queue' and c.relkind = 'r' and c.relname <> 'migration'`,
    );
    return rows.map((row) => row['name'] ?? '');
  };
  return {
    address,
    refusedUrl: withRefusedLogin(postgresUrl),
    async stored() {
      const contents: unknown[] = [];
      for (const table of await tables()) {
        const rows = await sql.query(`select to_json(t) as row from ${table} t`);
        contents.push([table, rows.map((row) => row['row'])]);
      }
      return JSON.stringify(contents);
    },
    async storedJobs() {
      const rows = await sql.query('select data from drover_queue.job order by queue, seq');
      return rows.map((row) => JSON.parse(row['data'] ?? 'null') as unknown);
    },
    async breakLock(migrationId, delivery) {
      await sql.query(
        `update drover_queue.job set lock_token = null, locked_until_ms = 0
         where queue = $1 and id = $2 and state = 'active'`,
        [queueName(migrationId), deliveryKey(delivery)],
      );
    },
    async wipe() {
      const all = (await tables()).join(', ');
      // The lists of locks of this and of a consumer's statement may cross: then it is tried again.
      await until('everything is gone', () =>
        sql.query(`truncate ${all}`).then(
          () => true,
          (error: unknown) => {
            if (toDroverError(error).code === 'DEADLOCK') return false;
            throw error;
          },
        ),
      );
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

describe('the queue on Postgres', () => {
  describeCarrying(openOnPostgres);
  describeConcurrency(openOnPostgres);
  describeLosing(openOnPostgres);
  describeAddresses(openOnPostgres);
  describeSteering(openOnPostgres);
  describeDeadLetters(openOnPostgres);
});
