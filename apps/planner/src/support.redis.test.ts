import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@drover/servers';
import { hourlyRows } from '@drover/testkit';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { type CliFixture, cliFixture } from './testing/cli-fixture.ts';
import { runCli } from './testing/cli-process.ts';

const UGLY = String.raw`p@ss"w\örd%2F'$`;
const DIGITS = '482913';
const SPACED = 'two words of it';
const SECRETS = [UGLY, DIGITS, SPACED];

/** Each command is a process of its own. */
const MANY_COMMANDS = { timeout: 240_000 };

interface Answer {
  readonly file: string;
  readonly sections: readonly {
    readonly title: string;
    readonly summary: string | null;
    readonly error: { readonly code: string } | null;
  }[];
}

async function supportOf(migration: CliFixture, ...args: string[]) {
  const { code, out } = await migration.drover(['support', '--json', ...args]);
  const { file, sections } = JSON.parse(out) as Answer;
  return { code, out, file, sections, text: readFileSync(join(migration.folder, file), 'utf8') };
}

function expectNoSecret(text: string): void {
  for (const secret of SECRETS) {
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      expect(text.replaceAll('\n', '')).not.toContain(form);
    }
  }
}

/** The fixture with passwords that are hard to find, and a Redis that asks for one. */
async function guarded(url: string): Promise<CliFixture> {
  const redis = new Redis(url);
  await redis.config('SET', 'requirepass', DIGITS);
  redis.disconnect();
  const migration = await cliFixture({
    postgresUrl: inject('postgresUrl'),
    queueUrl: `redis://:${DIGITS}@${new URL(url).host}`,
    rows: hourlyRows({ ships: 2, channels: 2, hours: 3 }),
    spec: { attempts: { max: 1, firstPause: '10ms' } },
    connect: (address) => {
      const withPassword = new URL(address);
      withPassword.password = encodeURIComponent(UGLY);
      return withPassword.href;
    },
  });
  appendFileSync(join(migration.folder, '.env'), `NOT_REFERRED_TO="${SPACED}"\n`);
  return migration;
}

/** A log of another process, which somebody let passwords slip into. */
function careless(folder: string): void {
  const lines = SECRETS.flatMap((secret) => [
    JSON.stringify({ level: 'error', msg: `login with ${secret} refused` }),
    JSON.stringify({ level: 'info', msg: JSON.stringify({ secret }) }),
    `{"level":"warn","msg":"wrapped ${secret.slice(0, 3)}\n${secret.slice(3)}"}`,
    `{"level":"info","msg":"postgres://u:${encodeURIComponent(secret)}@h/d"}`,
  ]);
  mkdirSync(join(folder, 'logs'), { recursive: true });
  writeFileSync(
    join(folder, 'logs', '2026-01-31_081530_worker_other_12.log'),
    `${lines.join('\n')}\n`,
  );
}

// Mutations: in failed-attempts.ts `isFailure` without the code; in runs.ts `rows` of another state; in
// collect-support.ts `text: raw`; in command-log.ts and worker-process.ts without `logCommandStart`.
test(
  'after a run with parked chunks it has all there is to know, and no password',
  MANY_COMMANDS,
  async ({ skip }) => {
    const server = await startRedis();
    if ('unavailable' in server) return skip(server.unavailable);
    await using _ = server;
    await using migration = await guarded(server.url);
    expect((await migration.drover(['run', '--tables-only', '--workers', '1'])).code).toBe(0);
    await migration.database.sql.query(
      'alter table wide."tbl_data_timeseries_S1" add constraint nothing_fits check (false)',
    );
    expect((await migration.drover(['run', '--migration-only', '--workers', '1'])).code).toBe(4);
    careless(migration.folder);
    const { code, file, sections, text, out } = await supportOf(migration);
    expect(code).toBe(0);
    expect(sections.filter(({ error }) => error !== null)).toEqual([]);
    const summary = (title: string) => sections.find((one) => one.title === title)?.summary;
    expect(summary('Runs')).toMatch(/^run 2 \(full\): done/);
    expect(Number(summary('Parked chunks'))).toBeGreaterThan(0);
    expect(text).toContain('source: Postgres ');
    expect(text).toContain('queue: Redis ');
    expect(text).toContain('connection: ${DATABASE_URL}');
    expect(text).toMatch(/DATABASE_URL +set in the \.env/);
    expect(text).toMatch(
      /parked: CONSTRAINT_VIOLATION; generation 1, attempt \d+\n {2}on .*:\d+ \(worker /,
    );
    expect(text).toContain('nothing_fits');
    expect(text).toMatch(/CONSTRAINT_VIOLATION after 1 attempt, parked at/);
    expect(text).toMatch(/phase +planned +queued +running +done +split +parked +cancelled/);
    expect(text).toMatch(/"task":"run","argv":\["run","--migration-only","--workers","1"\]/);
    expect(text).toMatch(/"task":"worker","argv":\["--file","migration\.yaml"/);
    expect(text).toContain(`${migration.name}-run-2.json`);
    expect(text).toContain('login with [secret] refused');
    expectNoSecret(text + out);
    expect(file).toMatch(
      new RegExp(`^support/drover-support-${migration.name}-\\d{4}-\\d\\d-\\d\\d_\\d{6}\\.txt$`),
    );
    expect(statSync(join(migration.folder, file)).mode & 0o077).toBe(0);
  },
);

describe.skipIf(inject('redisUrl') === null)('drover support', () => {
  const fixture = () =>
    cliFixture({
      postgresUrl: inject('postgresUrl'),
      queueUrl: inject('redisUrl') ?? '',
      rows: hourlyRows({ ships: 1, channels: 1, hours: 1 }),
    });

  // Mutation: without `fileHash` in `runLines` of runs.ts.
  test('shows the file that a run froze where it is another by now', MANY_COMMANDS, async () => {
    await using migration = await fixture();
    expect((await migration.drover(['run', '--tables-only', '--workers', '1'])).code).toBe(0);
    expect((await supportOf(migration)).text).not.toContain('with another file');
    appendFileSync(migration.file, '# changed since\n');
    const { text } = await supportOf(migration);
    expect(text).toMatch(/prepare +1 +another/);
    expect(text).toMatch(/run 1 was started with \{\}\nand with another file .*:\nname: /);
    expect(text.split('# changed since')).toHaveLength(2);
  });

  // Mutations in failed-attempts.ts: without `after = end.id` this does not end; the first ones of a page.
  test('shows the last of very many failed attempts', MANY_COMMANDS, async () => {
    await using migration = await fixture();
    expect((await migration.drover(['run', '--tables-only', '--workers', '1'])).code).toBe(0);
    await migration.database.sql.query(
      `insert into drover.attempt (run_id, chunk_id, generation, delivery, token, application_name, worker_id,
         host, pid, ended_at, outcome, error_code, error_text)
       select c.run_id, c.id, 1, n, gen_random_uuid(), 'a', 'w', 'h', 1, now(), 'retry', 'DEADLOCK', 'try ' || n || '.'
       from generate_series(1, 5100) n, (select run_id, id from drover.chunk limit 1) c`,
    );
    const { sections, text } = await supportOf(migration);
    expect(sections.find(({ title }) => title === 'Failed attempts')?.summary).toBe('the last 50');
    expect(text.match(/try \d+\./g)).toEqual(
      Array.from({ length: 50 }, (_, index) => `try ${5100 - index}.`),
    );
    expect(text).toMatch(/retry +DEADLOCK +5,100/);
  });

  // Mutation: the ledger read by its port alone shows nothing of it.
  test('shows what is left to see of a ledger of another version', MANY_COMMANDS, async () => {
    await using migration = await fixture();
    expect((await migration.drover(['run', '--tables-only', '--workers', '1'])).code).toBe(0);
    const { sql } = migration.database;
    await sql.query('alter table drover.run rename column round to turn');
    await sql.query('insert into drover.schema_version (version) values (99)');
    await sql.query(
      `insert into drover.lease (name, owner, expires_at) values ('of a test', 'me', now() + interval '1 hour')`,
    );
    const { code, sections, text } = await supportOf(migration);
    expect(code).toBe(0);
    expect(sections.find(({ title }) => title === 'Runs')?.error?.code).toBe('UNDEFINED_OBJECT');
    expect(sections.find(({ title }) => title === 'Ledger')?.summary).toBe('version 99');
    expect(text).toMatch(new RegExp(`${migration.name} +pivot `));
    expect(text).toMatch(/of a test +me +3\d{3}\.\d s/);
  });
});

describe('drover support, where there is nothing', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'drover-support-'));
  afterAll(() => rmSync(cwd, { recursive: true }));
  const drover = (...args: string[]) => runCli(['support', ...args], { cwd });

  test('writes its file all the same, says where, and exits 0', async () => {
    const { code, out } = await drover('-f', 'none.yaml', '--output', 'out/here');
    expect(code).toBe(0);
    const [file = '', empty, advice] = out.split('\n');
    expect(file).toMatch(/^out\/here\/drover-support-none-\d{4}-\d\d-\d\d_\d{6}\.txt$/);
    expect(empty).toMatch(/^\d+ sections of \d+ could not be filled; the file says why\.$/);
    expect(advice).toContain('look through it before you send it');
    const text = readFileSync(join(cwd, file), 'utf8');
    expect(text).toContain('called as: drover support -f none.yaml --output out/here');
    expect(text).toContain('The migration file none.yaml is not there.');
  });

  // Mutation: without `process.exit` in support.ts the silent queue keeps the process from ending.
  test('ends though a server keeps silent for ever', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const connection = 'postgres://u@127.0.0.1:1/d';
    const queue = { url: `redis://127.0.0.1:${port}` };
    const spec = { name: 'a', pipeline: 'pivot', source: { connection }, queue };
    const target = { connection, schema: 'wide' };
    writeFileSync(join(cwd, 'silent.json'), JSON.stringify({ ...spec, target }));
    const { code, out } = await drover('-f', 'silent.json', '--wait', '1s', '--json');
    silent.close();
    expect(code).toBe(0);
    const { sections } = JSON.parse(out) as Answer;
    expect(sections.find(({ title }) => title === 'Servers')?.error).toMatchObject({
      message: 'There was no answer within 1.0 s.',
    });
  });

  // Mutation: `dryRun` left out in support.ts writes a file.
  test('--dry-run lists the sections and writes nothing', async () => {
    const { code, out } = await drover('--output', 'nowhere', '--dry-run');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('Parked chunks') });
    const { out: json } = await drover('--output', 'nowhere', '--dry-run', '--json');
    expect(JSON.parse(json)).toMatchObject({ file: null, sections: expect.any(Array) });
    expect(() => statSync(join(cwd, 'nowhere'))).toThrow('ENOENT');
  });

  // Mutation: without the catch in `write` the code is 1 and the message a stack.
  test('exits 2 for wrong use: an option it does not have, a folder that is a file', async () => {
    expect((await drover('--outptu', 'x')).code).toBe(2);
    expect((await drover('--wait', 'long')).code).toBe(2);
    writeFileSync(join(cwd, 'file'), '');
    const { code, err } = await drover('--output', 'file');
    expect(code).toBe(2);
    expect(err).toContain('cannot be written (EEXIST)');
    expect(err).toContain('--output');
  });
});
