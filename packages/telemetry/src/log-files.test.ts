import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listLogFiles, logFileName, pruneLogFiles } from './log-files.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-logs-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const put = (...names: string[]) => {
  for (const name of names) writeFileSync(join(folder, name), '');
};
const left = () => readdirSync(folder).sort();

describe('the name of a log file', () => {
  test('says when, what, where and which process, to the second and in UTC', () => {
    const at = new Date('2026-01-31T23:15:30.987Z');
    expect(logFileName({ at, task: 'run', host: 'host1', pid: 4711 })).toBe(
      '2026-01-31_231530_run_host1_4711.log',
    );
  });

  test.each([
    ['db1.example.org', 'db1.example.org'],
    ['my_host', 'my-host'],
    ['../../etc', '..-..-etc'],
    ['a b/c\\d', 'a-b-c-d'],
    ['größe', 'gr--e'],
  ])('writes the host %s as %s', (host, shown) => {
    const at = new Date('2026-01-31T08:15:30Z');
    expect(logFileName({ at, task: 'worker', host, pid: 1 })).toBe(
      `2026-01-31_081530_worker_${shown}_1.log`,
    );
  });

  test('is found again, with its parts', () => {
    const at = new Date('2026-01-31T08:15:30Z');
    const name = logFileName({ at, task: 'schema-only', host: 'a_b.c', pid: 7 });
    put(name, `${name}.1`);
    const process = name.replace('.log', '');
    expect(listLogFiles(folder)).toEqual([
      { path: join(folder, `${name}.1`), process, task: 'schema-only', part: 1 },
      { path: join(folder, name), process, task: 'schema-only', part: 0 },
    ]);
  });
});

describe('the list of log files', () => {
  // Mutation: `a.part - b.part` in log-files.ts reads the newest part of a process first.
  test('is in order of time: processes by their start, parts from the oldest', () => {
    put(
      '2026-01-02_000000_run_h_1.log',
      '2026-01-02_000000_run_h_1.log.1',
      '2026-01-02_000000_run_h_1.log.10',
      '2026-01-02_000000_run_h_1.log.2',
      '2026-01-01_235959_worker_h_9.log',
    );
    expect(listLogFiles(folder).map(({ process, part }) => `${process} ${part}`)).toEqual([
      '2026-01-01_235959_worker_h_9 0',
      '2026-01-02_000000_run_h_1 10',
      '2026-01-02_000000_run_h_1 2',
      '2026-01-02_000000_run_h_1 1',
      '2026-01-02_000000_run_h_1 0',
    ]);
  });

  test('leaves out what is no log of ours', () => {
    put('notes.log', '2026-01-02_000000_run_h_1.log.bak', '2026-01-02_run_h_1.log', 'report.json');
    expect(listLogFiles(folder)).toEqual([]);
  });

  test('of a folder that is not there is empty; of what is no folder there is none', () => {
    expect(listLogFiles(join(folder, 'none'))).toEqual([]);
    put('file');
    expect(() => listLogFiles(join(folder, 'file'))).toThrow(/ENOTDIR/);
  });
});

describe('pruning', () => {
  const OLD = '2026-01-01_000000_run_h_1.log';
  const MIDDLE = '2026-01-02_000000_worker_h_2.log';
  const NEW = '2026-01-03_000000_run_h_3.log';

  // Mutation: `processes.slice(-keep)` in log-files.ts removes the newest instead.
  test('removes the oldest processes with all their parts, and keeps the others whole', () => {
    put(NEW, `${NEW}.1`, OLD, `${OLD}.1`, `${OLD}.2`, MIDDLE);
    pruneLogFiles(folder, 2);
    expect(left()).toEqual([MIDDLE, NEW, `${NEW}.1`]);
  });

  test('removes nothing where there are not more than are kept', () => {
    put(OLD, MIDDLE);
    pruneLogFiles(folder, 2);
    expect(left()).toEqual([OLD, MIDDLE]);
  });

  test('removes every log where none is kept, and nothing that is no log', () => {
    put(OLD, MIDDLE, 'notes.log', 'report.json');
    mkdirSync(join(folder, 'sub'));
    pruneLogFiles(folder, 0);
    expect(left()).toEqual(['notes.log', 'report.json', 'sub']);
  });
});
