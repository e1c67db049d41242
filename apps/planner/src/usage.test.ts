import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCli } from './testing/cli-process.ts';

const cwd = mkdtempSync(join(tmpdir(), 'drover-usage-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const drover = (...args: string[]) => runCli(args, { cwd });

const COMMON = ['--file', '--debug', '--help'];
const WATCHING = [
  ...['--workers', '--concurrency', '--grace', '--logs', '--reports', '--verification'],
  ...['--json', '--dry-run', '--progress', '--statistics', '--statistics-csv'],
];
const PARKED = [
  ...['--run', '--stream', '--ships', '--from', '--to', '--code', '--older-than'],
  '--newer-than',
];
const REJECTS = ['--run', '--rule', '--ships', '--tables'];
const BOUNDS = ['--ships', '--tables', '--from', '--to', '--cutoff'];
const OPTIONS: Record<string, readonly string[]> = {
  check: [...COMMON, '--ships', '--json'],
  plan: [...COMMON, ...BOUNDS, '--all', '--ddl', '--json'],
  run: [
    ...[...COMMON, ...WATCHING, ...BOUNDS, '--yes', '--drop-tables', '--sample', '--lists'],
    ...['--schema-only', '--tables-only', '--migration-only'],
  ],
  worker: [...COMMON, '--concurrency', '--until-run', '--grace', '--logs', '--dry-run'],
  status: [...COMMON, '--run', '--watch', '--refresh', '--json'],
  pause: [...COMMON, '--dry-run', '--json'],
  resume: [...COMMON, ...WATCHING],
  cancel: [...COMMON, '--yes', '--dry-run', '--json'],
  throttle: [
    ...[...COMMON, '--chunks-per-second', '--concurrency', '--rows-per-second', '--query', '--off'],
    ...['--query-below', '--replication-lag', '--hours', '--time-zone', '--dry-run', '--json'],
  ],
  sync: [...COMMON, ...WATCHING, '--tables'],
  verify: [...COMMON, ...WATCHING, '--ships', '--tables', '--run'],
  report: [...COMMON, '--run', '--reports', '--attempts', '--dry-run', '--json'],
  'failed list': [...COMMON, ...PARKED, '--json'],
  'failed show': [...COMMON, '--json'],
  'failed export': [...COMMON, ...PARKED, '--format', '--output'],
  'failed drop': [...COMMON, ...PARKED, '--yes', '--dry-run', '--json'],
  reprocess: [
    ...[...COMMON, ...WATCHING, ...PARKED],
    ...['--delay', '--limit', '--split', '--still-failed'],
  ],
  'rejects list': [...COMMON, ...REJECTS, '--all', '--limit', '--json'],
  'rejects export': [...COMMON, ...REJECTS, '--all', '--format', '--output'],
  'rejects replay': [...COMMON, ...REJECTS, ...WATCHING],
  support: [
    ...[...COMMON, '--output', '--logs', '--reports', '--wait'],
    ...['--dry-run', '--json'],
  ],
  logs: ['--logs', '--task', '--follow', '--errors', '--successes', '--counts', '--json', '--help'],
};

describe('drover', () => {
  test.each(Object.entries(OPTIONS))(
    '%s --help names its options and exits 0',
    async (verb, options) => {
      const { code, out } = await drover(...verb.split(' '), '--help');
      expect(code).toBe(0);
      for (const option of options) expect(out).toContain(option);
    },
  );

  test('--help lists every verb and the exit codes', async () => {
    const { code, out } = await drover('--help');
    expect(code).toBe(0);
    for (const verb of Object.keys(OPTIONS)) expect(out).toContain(`\n  ${verb.split(' ')[0]}`);
    expect(out).toContain('3 differences found');
  });

  test.each([
    [['run', '--workers', 'two'], 'Write a whole number'],
    [['run', '--workers', ''], 'Write a whole number'],
    [['run', '--concurrency', '0'], 'Write 1 or more'],
    [['run', '--from', 'yesterday'], 'Write for example 2026-01-31'],
    [['plan', '--cutoff', '2026-02-30'], 'Write for example 2026-01-31'],
    [['run', '--ships', ','], 'Name at least one ship'],
    [['sync', '--tables', ','], 'Name at least one table'],
    [
      ['run', '--ships', 'S1', '--tables', 'a.b'],
      "'--table, --tables <names>' cannot be used with",
    ],
    [['rejects', 'list', '--table', 'a.b', '--ship', 'S1'], 'cannot be used with'],
    [['run', '--sample', '10 potatoes'], 'Write a length of time'],
    [['worker', '--grace', 'soon'], 'Write a length of time'],
    [['run', '--statistics', '10'], 'Write a length of time of 1s or more'],
    [['run', '--statistics', '999ms'], 'Write a length of time of 1s or more'],
    [['resume', '--progress', '50ms'], 'Write a length of time of 100ms or more'],
    [['verify', '--progress', ''], 'Write a length of time of 100ms or more'],
    [['run', '--statistics-csv'], 'argument missing'],
    [['throttle', '--chunks-per-second', '0'], 'Write a number from 0.0001 to 1000'],
    [['throttle', '--chunks-per-second', ''], 'Write a number from 0.0001 to 1000'],
    [['throttle', '--concurrency', '1.5'], 'Write a whole number from 1'],
    [['throttle', '--rows-per-second', '2e5x'], 'Write a whole number from 1'],
    [['throttle', '--query-below', ''], 'Write a number'],
    [['throttle', '--replication-lag', '10'], 'Write a length of time'],
    [['throttle', '--hours', '22-6'], 'Write for example 22:00-06:00'],
    [['throttle', '--hours', '22:00-22:00'], 'Write for example 22:00-06:00'],
    [['throttle', '--time-zone', 'Mars'], 'Write the name of a time zone'],
    [['throttle', '--off', 'speed'], 'Name limits among chunks-per-second, concurrency'],
    [['run', '--schema-only', '--tables-only'], 'Leave one of them out'],
    [['run', '--migration-only', '--drop-tables'], 'Leave one of them out'],
    [['runn'], 'Did you mean run?'],
    [['run', '--worker', '2'], 'Did you mean --workers?'],
    [['status', '--file'], 'argument missing'],
    [[], 'Usage: drover'],
  ])('%j is wrong use: exit code 2, and a text that says what to do', async (args, text) => {
    const { code, out, err } = await drover(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(text);
  });

  test('a file that is not there is wrong use, and is named', async () => {
    for (const verb of [['check'], ['plan'], ['run'], ['worker'], ['status'], ['failed', 'list']]) {
      const { code, err } = await drover(...verb, '-f', 'nowhere.yaml');
      expect({ verb, code }).toEqual({ verb, code: 2 });
      expect(err).toContain('nowhere.yaml is not there');
      expect(err).toContain('Give the right path');
    }
  });

  test('a wrong file is wrong use: each fault with its line, and no stack without --debug', async () => {
    writeFileSync(
      join(cwd, 'wrong.yaml'),
      'name: Ships\npipeline: pivot\nsource:\n  connection: postgres://u@h/d\n  tabel: x\n' +
        'target:\n  connection: postgres://u@h/d\nqueue:\n  url: $' +
        '{NOT_SET_ANYWHERE}\n',
    );
    const missing = await drover('run', '-f', 'wrong.yaml');
    expect(missing).toMatchObject({ code: 2, out: '' });
    expect(missing.err).toMatch(/wrong\.yaml:9:8 .*NOT_SET_ANYWHERE/);
    const environment = { NOT_SET_ANYWHERE: 'redis://h' };
    const { code, err } = await runCli(['run', '-f', 'wrong.yaml'], { cwd, environment });
    expect(code).toBe(2);
    expect(err).toMatch(/wrong\.yaml:1:1 name\b.* lower-case letters/);
    expect(err).toMatch(/wrong\.yaml:5:3 source\.tabel\b.* is not a setting/);
    expect(err).toMatch(/\n {2}What to do: Correct /);
    expect(err).not.toContain('    at ');
    const debug = await runCli(['run', '--debug', '-f', 'wrong.yaml'], { cwd, environment });
    expect(debug.err).toContain('    at ');
  });

  // Mutation: with the connection's error swallowed in migration-context.ts, the person is told to start a run.
  test('a ledger that cannot be reached is said to be just that', async () => {
    writeFileSync(
      join(cwd, 'away.yaml'),
      'name: ships\npipeline: pivot\nsource: { connection: "postgres://u@127.0.0.1:1/d" }\n' +
        'target: { connection: "postgres://u@127.0.0.1:1/d" }\nqueue: { url: "redis://127.0.0.1:1" }\n',
    );
    for (const verb of [['status'], ['report'], ['failed', 'list'], ['pause'], ['resume']]) {
      const { code, err } = await drover(...verb, '-f', 'away.yaml');
      expect({ verb, code }).toEqual({ verb, code: 1 });
      expect(err).toContain('ECONNREFUSED');
      expect(err).toContain('What to do: Check that the server is up');
    }
  });
});
