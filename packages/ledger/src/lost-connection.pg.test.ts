import { randomUUID } from 'node:crypto';
import { openDatabase } from '@drover/postgres';
import { scratchDatabase, startTcpProxy } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { createPostgresLedger } from './postgres-ledger.ts';

const postgresUrl = inject('postgresUrl');

describe('a lost connection', () => {
  test('is CONNECTION_LOST for the call that was under way, and over for the next', async () => {
    await using database = await scratchDatabase(postgresUrl);
    await using proxy = await startTcpProxy(postgresUrl);
    const url = new URL(proxy.url);
    url.pathname = new URL(database.url).pathname;
    await using sql = openDatabase(url.href, {
      side: 'ledger',
      applicationName: 'drover test',
      max: 2,
    });
    const ledger = createPostgresLedger(sql, { uuid: randomUUID });
    await ledger.install();
    const hold = proxy.holdAt('insert into drover.migration');
    const opening = ledger.openMigration({ name: 'ships', pipeline: 'pivot' });
    await hold.arrived;
    proxy.cut();
    hold.release();
    await expect(opening).rejects.toMatchObject({ code: 'CONNECTION_LOST', policy: 'retry' });
    expect(await ledger.findMigration('ships')).toBeNull();
    await ledger.openMigration({ name: 'ships', pipeline: 'pivot' });
  });

  // To be run when `transaction` in packages/postgres/src/session.ts listens for the errors of the client
  // that it has taken from the pool: without that, the error of the broken connection ends the process.
  test('in the middle of a transaction leaves none of it', async () => {
    await using database = await scratchDatabase(postgresUrl);
    const direct = createPostgresLedger(database.sql, { uuid: randomUUID });
    await direct.install();
    const migration = await direct.openMigration({ name: 'ships', pipeline: 'pivot' });
    await using proxy = await startTcpProxy(postgresUrl);
    const url = new URL(proxy.url);
    url.pathname = new URL(database.url).pathname;
    await using sql = openDatabase(url.href, {
      side: 'ledger',
      applicationName: 'drover test',
      max: 2,
    });
    const ledger = createPostgresLedger(sql, { uuid: randomUUID });
    const hold = proxy.holdAt('insert into drover.cutoff');
    const creating = ledger.createRun({
      migrationId: migration.id,
      kind: 'full',
      phases: ['data'],
      fileText: '',
      fileHash: '',
      options: {},
      anchor: null,
      cutoffs: new Map([['S1', '2026-01-01']]),
    });
    await hold.arrived;
    proxy.cut();
    hold.release();
    await expect(creating).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await direct.latestRun({ migrationId: migration.id })).toBeNull();
    expect(await direct.cutoffs(migration.id)).toEqual(new Map());
  });
});
