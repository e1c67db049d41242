import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readEnvironment } from './environment.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { serverUser } from './server-user.ts';
import { programFolder } from './testing/folders.ts';
import { accepts, exists, isRunning } from './testing/probes.ts';

afterEach(() => vi.unstubAllEnvs());

const links = ['local', 'embedded'] as const;
const user = await serverUser();
const binaries = new Map<string, string>();
for (const postgresLink of links) {
  const wanted = { ...readEnvironment(), postgresLink };
  const found = await findPostgresBinaries(wanted, user).catch(() => null);
  if (found !== null) binaries.set(postgresLink, found.folder);
}

async function query(server: PostgresServer, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => {}); // a restart may cut it off while it says goodbye
  await client.connect();
  try {
    const { rows } = await client.query({ text, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

async function postmaster({ dataDirectory }: PostgresServer): Promise<number> {
  const lines = await readFile(join(dataDirectory ?? '', 'postmaster.pid'), 'utf8');
  return Number(lines.split('\n')[0]);
}

describe.each(links)('a PostgreSQL of %s binaries', { timeout: 60_000 }, (link) => {
  const testHere = test.skipIf(!binaries.has(link));
  const start = (settings: Record<string, string> = {}) => {
    vi.stubEnv('DROVER_POSTGRES', link);
    return startPostgres({ settings });
  };

  testHere('answers with the version that it is said to be, as a superuser in UTF8', async () => {
    await using server = await start();
    const version = String(await query(server, 'show server_version')).split(' ')[0];
    expect(server.origin).toMatch(new RegExp(`^PostgreSQL ${version}, `));
    expect(await query(server, 'show is_superuser')).toBe('on');
    expect(await query(server, 'show server_encoding')).toBe('UTF8');
    const collation = "select datcollate from pg_database where datname = 'postgres'";
    expect(await query(server, collation)).toMatch(/^C(\.UTF-?8)?$/i);
  });

  testHere('listens on the loopback only, whatever the settings say', async () => {
    await using server = await start({ listen_addresses: '*' });
    expect(await accepts(server.url, '127.0.0.1')).toBe(true);
    expect(await accepts(server.url, '127.0.0.2')).toBe(false);
    expect(await query(server, 'show unix_socket_directories')).toBe('');
  });

  testHere('has default settings but for those asked for', async () => {
    await using server = await start({ wal_level: 'logical', 'drover.note': "it's here" });
    expect(await query(server, 'show wal_level')).toBe('logical');
    expect(await query(server, 'show drover.note')).toBe("it's here");
    expect(await query(server, 'show fsync')).toBe('on');
    expect(await query(server, 'show work_mem')).toBe('4MB');
    const ours = [
      'listen_addresses',
      'port',
      'unix_socket_directories',
      'wal_level',
      'drover.note',
    ];
    const changed = `select string_agg(name, ' ') from pg_settings
      where source = 'command line' and name <> 'data_directory' and name <> 'config_file'
      and name <> all('{${ours.join(',')}}')`;
    expect(await query(server, changed)).toBeNull();
  });

  testHere.each(['fast', 'immediate'] as const)(
    'keeps its port and its data over a restart that is %s',
    async (mode) => {
      await using server = await start();
      await query(server, 'create table kept as select generate_series(1, 1000) as id');
      const before = { url: server.url, pid: await postmaster(server) };
      await server.restart(mode);
      expect(server.url).toBe(before.url);
      expect(await postmaster(server)).not.toBe(before.pid);
      expect(isRunning(before.pid)).toBe(false);
      expect(await query(server, 'select count(*)::int from kept')).toBe(1000);
    },
  );

  testHere('starts again after it was killed', async () => {
    await using server = await start();
    process.kill(await postmaster(server), 'SIGQUIT');
    await server.restart();
    expect(await query(server, 'select 1')).toBe(1);
  });

  testHere('is gone after a stop, with its data, even under open connections', async () => {
    const server = await start();
    const pid = await postmaster(server);
    const client = new pg.Client({ connectionString: server.url });
    const cut = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await server.stop();
    await cut;
    expect(isRunning(pid)).toBe(false);
    expect(await exists(server.dataDirectory ?? '')).toBe(false);
    await server.stop();
    await expect(server.restart()).rejects.toThrow('this PostgreSQL was stopped');
  });

  testHere('runs beside another, as a user who is not root', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    expect(one.url).not.toBe(two.url);
    await query(one, 'create table mine ()');
    expect(await query(two, "select to_regclass('mine') is null")).toBe(true);
    expect((await stat(one.dataDirectory ?? '')).uid).toBe(user?.uid ?? process.getuid?.());
    await Promise.all([one.stop(), two.stop()]);
  });
});

const local = binaries.get('local') ?? '';
describe.skipIf(local === '')('starting a PostgreSQL', { timeout: 60_000 }, () => {
  test('falls back to the locale C where the system has no C.UTF-8', async () => {
    const complaint = 'echo "initdb: error: invalid locale name" >&2; exit 1';
    const folder = await programFolder({
      initdb: `case "$*" in *C.UTF-8*) ${complaint};; esac; exec ${local}/initdb "$@"`,
      postgres: `exec ${local}/postgres "$@"`,
    });
    vi.stubEnv('DROVER_POSTGRES', 'local');
    vi.stubEnv('DROVER_POSTGRES_BIN', folder);
    await using server = await startPostgres();
    const locale = "select datcollate || ' ' || pg_encoding_to_char(encoding) from pg_database";
    expect(await query(server, `${locale} where datname = 'postgres'`)).toBe('C UTF8');
  });

  test('fails with the end of the log when a setting is wrong', async () => {
    vi.stubEnv('DROVER_POSTGRES', 'local');
    const starting = startPostgres({ settings: { wal_level: 'much' } });
    await expect(starting).rejects.toThrow(/exit code 1.*invalid value.*wal_level.*much/s);
  });

  test('fails with what initdb says', async () => {
    const folder = await programFolder({
      initdb: 'echo "initdb: error: no space left" >&2; exit 1',
      postgres: `exec ${local}/postgres "$@"`,
    });
    vi.stubEnv('DROVER_POSTGRES', 'local');
    vi.stubEnv('DROVER_POSTGRES_BIN', folder);
    const message = new RegExp(`${folder}/initdb .*failed: initdb: error: no space left`);
    await expect(startPostgres()).rejects.toThrow(message);
  });
});

describe('a PostgreSQL that was given by URL', () => {
  const url = 'postgres://somebody:secret@db.example:6543/app';

  test('is used as it is, is not ours to restart, and its password is not told', async () => {
    vi.stubEnv('DROVER_TEST_POSTGRES_URL', url);
    vi.stubEnv('DROVER_POSTGRES', '');
    const server = await startPostgres();
    expect(server).toMatchObject({ url, dataDirectory: null });
    expect(server.origin).toBe('PostgreSQL of DROVER_TEST_POSTGRES_URL, db.example:6543');
    await expect(server.restart()).rejects.toThrow('only a server started here can be restarted');
    await server.stop();
  });

  test('in the options comes before all variables', async () => {
    vi.stubEnv('DROVER_TEST_POSTGRES_URL', 'postgres://other/db');
    vi.stubEnv('DROVER_POSTGRES', 'embedded');
    expect(await startPostgres({ givenUrl: url })).toMatchObject({ url });
  });
});
