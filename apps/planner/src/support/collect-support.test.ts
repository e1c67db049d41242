import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { DroverError } from '@drover/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { collectSupport } from './collect-support.ts';
import { logFilesSection } from './log-files.ts';
import { migrationFileSection } from './migration-file.ts';
import type { Section } from './section.ts';
import { SECTIONS } from './sections.ts';

let folder = '';
const LIMIT_MS = 60_000;
const LOG = '2026-01-31_081530_run_host_11.log';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-support-'));
  mkdirSync(join(folder, 'logs'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const options = () => ({
  file: join(folder, 'ships.yaml'),
  logs: join(folder, 'logs'),
  reports: join(folder, 'reports'),
});
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
const collect = (sections: readonly Section[] = SECTIONS, limitMs = LIMIT_MS) =>
  collectSupport(sections, options(), limitMs);

const FILE = 'name: ships\npipeline: pivot\nsource: { connection: "${SOURCE}" }\n';
const AWAY = `${FILE}target: { connection: "\${SOURCE}", schema: wide }\nqueue: { url: "redis://127.0.0.1:1" }\n`;

describe('what there is to send', () => {
  // Mutation: an error that is thrown on from `attempt` in outcome.ts.
  test.each([
    ['there is no migration file', null, 'is not there'],
    ['the migration file is no YAML', '{{{', 'ships.yaml:1:'],
    ['the migration file lacks most', 'name: x', 'pipeline is missing'],
    ['a variable is not set', FILE, 'the environment has no SOURCE'],
    ['a password stands in the file', `${FILE}password: s3cret\n`, 'a password stands in the file'],
  ])('is collected though %s', async (_, text, reason) => {
    if (text !== null) put('ships.yaml', text);
    put(`logs/${LOG}`, '{"level":"info","msg":"a line of a log"}\n');
    const { text: all, sections, late, name } = await collect();
    expect(sections.map(({ title }) => title)).toEqual(SECTIONS.map(({ title }) => title));
    expect(all).toContain(reason);
    expect(all).toContain('a line of a log');
    expect(all).not.toContain('s3cret');
    expect(name).toBe('ships');
    expect(late).toBe(false);
    const filled = sections.filter(({ error }) => error === null).map(({ title }) => title);
    expect(filled).toEqual(expect.arrayContaining(['Drover', 'This machine', 'Log files']));
    expect(sections.find(({ title }) => title === 'Runs')?.error?.code).toBe('FILE_INVALID');
  });

  test('is collected though neither databases nor queue can be reached', async () => {
    vi.stubEnv('SOURCE', 'postgres://u:s3cret@127.0.0.1:1/d');
    put('ships.yaml', AWAY);
    const { text, sections } = await collect();
    const runs = sections.find(({ title }) => title === 'Runs')?.error;
    expect(runs).toMatchObject({ code: 'CONNECTION_LOST', hint: expect.stringContaining('Check') });
    expect(text).toContain('ledger 127.0.0.1:1/d: the connection broke or could not be made');
    expect(text).toContain('queue: cannot be reached');
    expect(text).toContain('connection: "${SOURCE}"');
    expect(text).not.toContain('s3cret');
  });

  // Mutation: without `limitMs` for the view in support-context.ts this takes as long as the drivers wait.
  test('is collected though a database accepts a connection and then says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    vi.stubEnv('SOURCE', `postgres://u@127.0.0.1:${port}/d`);
    put('ships.yaml', AWAY);
    const { sections, late } = await collect(SECTIONS, 2000);
    silent.close();
    expect(late).toBe(true);
    expect(sections.find(({ title }) => title === 'Runs')?.error?.message).toContain(
      'no answer within 2.0 s',
    );
    expect(sections.find(({ title }) => title === 'Migration file')?.error).toBeNull();
  });

  // Mutations in log-files.ts: another sort of the files; without the case of a short file; without the catch.
  test('has of the logs the newest ten, of a long one its beginning, its end and its errors', async () => {
    const line = (number: number, level: string) => `{"level":"${level}","msg":"line ${number}."}`;
    const lines = Array.from({ length: 250 }, (_, at) => line(at, at % 20 === 0 ? 'warn' : 'info'));
    for (let day = 10; day < 22; day += 1) {
      put(`logs/2026-01-${day}_081530_run_host_11.log`, `${line(day, 'info')}\n`);
    }
    put('logs/2026-01-31_081530_run_host_11.log', `${lines.join('\n')}\n`);
    mkdirSync(join(folder, 'logs', '2026-01-30_081530_run_host_11.log'));
    const { text, sections } = await collect([logFilesSection]);
    expect(sections[0]?.summary).toBe('14 files');
    expect(text.match(/^--- 2026-01-\d\d/gm)).toEqual(
      [31, 30, 21, 20, 19, 18, 17, 16, 15, 14].map((day) => `--- 2026-01-${day}`),
    );
    expect(text).toContain('--- 2026-01-30_081530_run_host_11.log: cannot be read (EISDIR)');
    expect(text).toContain(`.log: 34 B, 1 line\n${line(21, 'info')}\n`);
    expect(text).toContain(
      `250 lines\n${lines[0]}\n\n--- 3 warnings and errors before the last lines`,
    );
    expect(text).toContain(
      `${lines[0]}\n${lines[20]}\n${lines[40]}\n\n--- the last 200 lines\n${lines[50]}\n`,
    );
    expect(text).not.toContain('line 41.');
  });

  test('says where to look for logs that are not there', async () => {
    rmSync(join(folder, 'logs'), { recursive: true });
    expect((await collect([logFilesSection])).text).toContain('--logs <folder>');
  });

  // Mutation: `name: context.name` in collect-support.ts.
  test('is not named after a value of the environment', async () => {
    vi.stubEnv('NAME', 's3cret');
    vi.stubEnv('SOURCE', 'postgres://u@127.0.0.1:1/d');
    put('ships.yaml', AWAY.replace('name: ships', 'name: ${NAME}'));
    expect((await collect([migrationFileSection])).name).toBe('migration');
  });
});

/** How a value can be written into a `.env`; null where no quotes serve. */
function assignment(name: string, value: string): string | null {
  const ways = ["'", '"', '`', ''].map((quote) => `${name}=${quote}${value}${quote}\n`);
  return ways.find((line) => parseEnv(line)[name] === value) ?? null;
}

/** How somebody writes a password into a migration file, in vain: it is refused. */
const WRITTEN: readonly ((password: string) => string)[] = [
  (password) => `password: ${JSON.stringify(password)}`,
  (password) => `{ "user": "u", "password": ${JSON.stringify(password)}, "tls": "x" }`,
  (password) => `connection: ${JSON.stringify(`postgres://u:${password}@h/d`)}`,
  (password) => `connection: postgres://u:${encodeURIComponent(password)}@h/d`,
  (password) => `connection: postgres://h/d?password=${encodeURIComponent(password)}&x=1`,
];

const secret = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 4, maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom(...'p@s"w\\r%2F\'$ :/{}#,=&'.split('')),
      minLength: 4,
      maxLength: 30,
    }),
    fc.integer({ min: 100_000, max: 999_999 }).map(String),
    fc.constantFrom(String.raw`p@ss"w\örd%2F'$`, '482913', 'two words of it', 'secret', '[secret]'),
  )
  .filter((text) => text.trim().length >= 4 && !text.includes('\0'));

// Mutations: in collect-support.ts `text: raw`, `message` in place of `clean(message)`, or without the secrets;
// in known-secrets.ts without any of its parts.
test('no random secret is in it, wherever it was put, in whichever form', async () => {
  const inputs = [secret, secret, secret, fc.constantFrom(...WRITTEN)] as const;
  await fc.assert(
    fc.asyncProperty(...inputs, async (ofFile, ofProcess, written, write) => {
      const line = assignment('OF_FILE', ofFile);
      const forms = (value: string) => [
        value,
        encodeURIComponent(value),
        JSON.stringify(value).slice(1, -1),
      ];
      const known = [ofProcess, written, ...(line === null ? [] : [ofFile])];
      const all = known.flatMap(forms);
      vi.stubEnv('OF_PROCESS', ofProcess);
      put('.env', line ?? '');
      put('ships.yaml', `name: ships\nx: "\${OF_PROCESS}"\nsource:\n  ${write(written)}\n`);
      put(
        `logs/${LOG}`,
        all
          .map((value) => `${JSON.stringify({ level: 'error', msg: `at ${value}`, value })}\n`)
          .join(''),
      );
      const failing: Section = {
        title: 'Failing',
        holds: '',
        fill: () => {
          throw new DroverError('UNKNOWN', { message: all.join(' ; '), hint: all.join(', ') });
        },
      };
      const { text, sections } = await collect([migrationFileSection, logFilesSection, failing]);
      const errors = sections.map(({ error }) => [error?.message ?? '', error?.hint ?? '']);
      for (const value of all) {
        expect(text.includes(value), JSON.stringify(value)).toBe(false);
        for (const shown of errors.flat()) expect(shown.includes(value)).toBe(false);
      }
      vi.unstubAllEnvs();
    }),
    { numRuns: 300 },
  );
});
