import { randomUUID } from 'node:crypto';
import { type Database, identifier, openDatabase } from '@drover/postgres';
import { scratchDatabase } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { createPostgresLedger } from './postgres-ledger.ts';

const postgresUrl = inject('postgresUrl');

/** A database, and the same seen by a role that has no right in it beyond what `grants` give. */
async function asClerk(grants: (role: string) => readonly string[]) {
  const database = await scratchDatabase(postgresUrl);
  const role = `drover_clerk_${randomUUID().slice(0, 8)}`;
  await database.sql.query(`create role ${identifier(role)} login password 'clerk'`);
  for (const grant of grants(identifier(role))) await database.sql.query(grant);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'clerk';
  const sql: Database = openDatabase(url.href, {
    side: 'ledger',
    applicationName: 'drover test',
    max: 2,
  });
  return {
    database,
    name: url.pathname.slice(1),
    ledger: createPostgresLedger(sql, { uuid: randomUUID }),
    async [Symbol.asyncDispose]() {
      await sql.close();
      await database.sql.query(`drop owned by ${identifier(role)} cascade`);
      await database.sql.query(`drop role ${identifier(role)}`);
      await database[Symbol.asyncDispose]();
    },
  };
}

describe('a role that may not make the schema', () => {
  // Mutation: without the hint in install.ts only the server's words are left.
  test('is told what it lacks and the statement that mends it', async () => {
    await using clerk = await asClerk(() => []);
    await expect(clerk.ledger.install()).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      policy: 'abort',
      message: expect.stringContaining(`permission denied for database ${clerk.name}`) as string,
      hint: expect.stringMatching(
        /grant create on database .*drover_test_.* to .*drover_clerk_/,
      ) as string,
    });
  });

  // Mutation: with `create schema if not exists` alone the right to create is wanted here as well.
  test('makes the tables in a schema that was made for it', async () => {
    await using clerk = await asClerk((role) => [`create schema drover authorization ${role}`]);
    await clerk.ledger.install();
    await clerk.ledger.install();
    const migration = await clerk.ledger.openMigration({ name: 'ships', pipeline: 'pivot' });
    expect(await clerk.ledger.findMigration('ships')).toEqual(migration);
  });

  test('is told of tables that belong to somebody else', async () => {
    await using clerk = await asClerk(() => []);
    await createPostgresLedger(clerk.database.sql, { uuid: randomUUID }).install();
    const attempts = [
      () => clerk.ledger.install(),
      () => clerk.ledger.openMigration({ name: 'ships', pipeline: 'pivot' }),
    ];
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringMatching(/permission denied for schema drover/) as string,
      });
    }
  });
});
