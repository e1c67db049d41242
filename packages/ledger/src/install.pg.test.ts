import { randomUUID } from 'node:crypto';
import { openDatabase } from '@drover/postgres';
import { scratchDatabase } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { install, isInstalled } from './install.ts';
import { createPostgresLedger } from './postgres-ledger.ts';

const postgresUrl = inject('postgresUrl');

const OBJECTS = `
  select c.oid, c.relname, c.relfilenode, c.relkind from pg_class c
  join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'drover' order by c.oid`;

describe('installing the ledger', () => {
  // Mutation: without the advisory lock in install.ts all but one fail on the schema or a table.
  test('by several processes at once makes it once', async () => {
    await using database = await scratchDatabase(postgresUrl);
    expect(await isInstalled(database.sql)).toBe(false);
    const processes = Array.from({ length: 6 }, () =>
      openDatabase(database.url, { side: 'ledger', applicationName: 'drover test', max: 1 }),
    );
    // All are connected before the first begins.
    await Promise.all(processes.map((process) => process.query('select 1')));
    await Promise.all(processes.map((process) => install(process)));
    await Promise.all(processes.map((process) => process.close()));
    expect(await isInstalled(database.sql)).toBe(true);
    const versions = await database.sql.query('select version from drover.schema_version');
    expect(versions).toEqual(['1', '2', '3', '4'].map((version) => ({ version })));
  });

  // Mutation: without `if (index < version) continue` the tables are made a second time.
  test('where it is installed changes nothing and loses nothing', async () => {
    await using database = await scratchDatabase(postgresUrl);
    const ledger = createPostgresLedger(database.sql, { uuid: randomUUID });
    await ledger.install();
    const migration = await ledger.openMigration({ name: 'ships', pipeline: 'pivot' });
    const before = await database.sql.query(OBJECTS);
    const versions = await database.sql.query('select * from drover.schema_version');
    await ledger.install();
    expect(await database.sql.query(OBJECTS)).toEqual(before);
    expect(await database.sql.query('select * from drover.schema_version')).toEqual(versions);
    expect(await ledger.findMigration('ships')).toEqual(migration);
  });

  // Mutation: without the transaction in install.ts the schema is left behind.
  test('that fails half way leaves nothing, and succeeds when tried again', async () => {
    await using database = await scratchDatabase(postgresUrl);
    const { sql } = database;
    const failing = {
      query: (text: string) => sql.query(text),
      transaction: <T>(work: Parameters<typeof sql.transaction<T>>[0]) =>
        sql.transaction<T>((session) =>
          work({
            query: (text, values) =>
              session.query(
                text.includes('create table drover.reject') ? 'select 1/0' : text,
                values,
              ),
          }),
        ),
    };
    await expect(install(failing)).rejects.toMatchObject({ name: 'DroverError' });
    expect(await sql.query(`select 1 from pg_namespace where nspname = 'drover'`)).toEqual([]);
    await install(sql);
    expect(await isInstalled(sql)).toBe(true);
  });

  // Mutation: without the comparison with MIGRATIONS.length an older Drover works on a newer ledger.
  test('refuses a ledger that a newer Drover wrote', async () => {
    await using database = await scratchDatabase(postgresUrl);
    await install(database.sql);
    await database.sql.query('insert into drover.schema_version (version) values (99)');
    await expect(install(database.sql)).rejects.toMatchObject({
      code: 'LEDGER_VERSION',
      message: expect.stringMatching(/version 99/) as string,
    });
  });
});

describe('opening a migration', () => {
  // Mutation: without `on conflict (name) do nothing` in open-migration.ts one of them fails.
  test('by two at once gives both the same one', async () => {
    await using database = await scratchDatabase(postgresUrl);
    const ledger = createPostgresLedger(database.sql, { uuid: randomUUID });
    await ledger.install();
    const open = () => ledger.openMigration({ name: 'ships', pipeline: 'pivot' });
    const [one, other] = await Promise.all([open(), open()]);
    expect(one).toEqual(other);
    expect(await ledger.findMigration('ships')).toEqual(one);
    expect(await ledger.findMigration('planes')).toBeNull();
  });
});
