import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog, type LogOptions } from './create-log.ts';

const SECRET = 's3cret';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-logs-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = (options: Partial<LogOptions> = {}) =>
  createLog({
    task: 'run',
    host: 'host1',
    pid: 4711,
    startedAt: new Date('2026-01-31T08:15:30Z'),
    level: 'debug',
    folder,
    keep: 3,
    terminal: null,
    ...options,
  });

/** A terminal that remembers what it was shown. */
function screen(level: 'debug' | 'warn', colors = false) {
  let shown = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      shown += String(chunk);
      done();
    },
  });
  return { terminal: { stream, level, colors }, text: () => shown };
}

function linesOf(path: string | null): Record<string, unknown>[] {
  const text = readFileSync(path ?? '', 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a log file', () => {
  test('lies in its folder, made where it is not there, under the name of its process', async () => {
    const deeper = join(folder, 'a', 'b');
    await using log = open({ folder: deeper });
    expect(log.file).toBe(join(deeper, '2026-01-31_081530_run_host1_4711.log'));
  });

  // Mutation: without `formatters.level` in create-log.ts the level is a number.
  test('has one JSON object a line, with the level as a word and who wrote it', async () => {
    const log = open();
    log.debug('one');
    log.info('two', { chunk: 7 });
    log.warn('three', { of: { a: [1, null] } });
    log.error('four\nfive');
    await log[Symbol.asyncDispose]();
    const lines = linesOf(log.file);
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      ['debug', 'one'],
      ['info', 'two'],
      ['warn', 'three'],
      ['error', 'four\nfive'],
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({ pid: 4711, hostname: 'host1', task: 'run' });
      expect(line['time']).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    }
    expect(lines[1]).toMatchObject({ chunk: 7 });
    expect(lines[2]).toMatchObject({ of: { a: [1, null] } });
  });

  test('leaves out what is below its level', async () => {
    const log = open({ level: 'warn' });
    log.info('quiet');
    log.warn('loud');
    await log[Symbol.asyncDispose]();
    expect(linesOf(log.file).map(({ msg }) => msg)).toEqual(['loud']);
  });

  test('has the fields of a child on each of its lines, and on no other', async () => {
    const log = open();
    log.child({ run: 1 }).child({ chunk: 2 }).info('inner');
    log.info('outer');
    await log[Symbol.asyncDispose]();
    const [inner, outer] = linesOf(log.file);
    expect(inner).toMatchObject({ msg: 'inner', run: 1, chunk: 2 });
    expect(outer).not.toHaveProperty('run');
  });

  test('is not made where no folder is given', async () => {
    const log = open({ folder: null });
    log.info('nowhere');
    await log[Symbol.asyncDispose]();
    expect(log.file).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  // Mutation: `pruneLogFiles(folder, options.keep)` in create-log.ts leaves four processes.
  test('takes the place of the oldest, so that no more than `keep` processes have files', async () => {
    for (const day of ['01', '02', '03', '04']) {
      writeFileSync(join(folder, `2026-01-${day}_000000_run_host1_1.log`), '');
    }
    const log = open();
    log.info('mine');
    await log[Symbol.asyncDispose]();
    expect(readdirSync(folder).sort()).toEqual([
      '2026-01-03_000000_run_host1_1.log',
      '2026-01-04_000000_run_host1_1.log',
      '2026-01-31_081530_run_host1_4711.log',
    ]);
  });

  test('keeps its own file where not even one process is kept', async () => {
    const log = open({ keep: 0 });
    log.info('mine');
    await log[Symbol.asyncDispose]();
    expect(linesOf(log.file)).toHaveLength(1);
  });

  // Mutation: a generator `(_time, index) => ...` in create-log.ts makes one file of 65 MB.
  test('is rotated at 10 MB, the newest five parts kept, no line torn or lost among them', async () => {
    const log = open();
    const text = 'x'.repeat(100_000);
    const last = 650;
    for (let index = 0; index <= last; index += 1) log.info(text, { index });
    await log[Symbol.asyncDispose]();
    const name = '2026-01-31_081530_run_host1_4711.log';
    const names = [4, 3, 2, 1].map((part) => `${name}.${part}`).concat(name);
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
    const kept = names.flatMap((one) => linesOf(join(folder, one)).map(({ index }) => index));
    expect(kept).toEqual(
      Array.from({ length: kept.length }, (_, at) => last + 1 - kept.length + at),
    );
    expect(kept.length).toBeGreaterThan(400);
  });
});

test('a log file that cannot be written is told, and ends neither the process nor the terminal', async () => {
  // Mutation: without the listener of 'error' in create-log.ts the process ends here.
  mkdirSync(join(folder, '2026-01-31_081530_run_host1_4711.log'));
  const { terminal, text } = screen('debug');
  const log = open({ terminal });
  log.info('before');
  await expect.poll(text).toContain('is written no further: ');
  log.info('after');
  await log[Symbol.asyncDispose]();
  expect(text()).toMatch(/before.*after/s);
  expect(text().split('written no further')).toHaveLength(2);
});

describe('a secret that is passed by mistake', () => {
  const WHOLE_FILE = {
    name: 'ships',
    queue: { url: `redis://:${SECRET}@h` },
    source: { connection: { host: 'h', password: SECRET } },
    more: [{ deep: { deeper: { Password: SECRET, uri: SECRET } } }],
  };

  // Mutation: pino's `redact` with the paths `key` and `*.key` lets the third level pass.
  test('reaches neither file nor terminal, however deep it stands', async () => {
    const { terminal, text } = screen('debug');
    const log = open({ terminal });
    log.info('top', { password: SECRET, url: SECRET, connection: SECRET, uri: SECRET });
    log.info('deep', { spec: WHOLE_FILE });
    log.child({ spec: WHOLE_FILE, URL: SECRET }).warn('child');
    await log[Symbol.asyncDispose]();
    expect(readFileSync(log.file ?? '', 'utf8')).not.toContain(SECRET);
    expect(text()).not.toContain(SECRET);
    expect(linesOf(log.file)[1]).toMatchObject({
      spec: {
        name: 'ships',
        queue: { url: '[secret]' },
        source: { connection: '[secret]' },
        more: [{ deep: { deeper: { Password: '[secret]', uri: '[secret]' } } }],
      },
    });
  });

  test('leaves all other fields as they are', async () => {
    const fields = { a: 1, b: null, c: [true, 'x', { d: [] }], e: {}, urls: 'x' };
    const log = open();
    log.info('all', fields);
    await log[Symbol.asyncDispose]();
    expect(linesOf(log.file)[0]).toMatchObject(fields);
  });
});

describe('the terminal', () => {
  test('shows a line of plain text for each entry, without signs of color', async () => {
    const { terminal, text } = screen('debug');
    const log = open({ folder: null, terminal });
    log.info('chunk done', { chunk: 7, rows: 1200 });
    await log[Symbol.asyncDispose]();
    const shown = text();
    expect(shown).toMatch(/^\[\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}\] INFO: chunk done .*\n$/);
    expect(shown).toContain('"chunk":7');
    expect(shown).not.toContain('\u001B');
    expect(shown).not.toContain('4711');
  });

  test('has colors where it is asked to', async () => {
    const { terminal, text } = screen('debug', true);
    const log = open({ folder: null, terminal });
    log.info('chunk done');
    await log[Symbol.asyncDispose]();
    expect(text()).toContain('\u001B[');
  });

  // Mutation: without `level` at the terminal's stream in create-log.ts it shows the info line, too.
  test('has a level of its own: the file holds what it does not show', async () => {
    const { terminal, text } = screen('warn');
    const log = open({ terminal });
    log.info('quiet');
    log.warn('loud');
    await log[Symbol.asyncDispose]();
    expect(text()).toMatch(/^[^\n]*WARN[^\n]*loud[^\n]*\n$/);
    expect(linesOf(log.file).map(({ msg }) => msg)).toEqual(['quiet', 'loud']);
  });
});
