import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkFiles, checkWatcher } from './check-texts.ts';
import { type DroverProcess, PRINTED } from './drover-process.ts';
import { SECRETS } from './ground.ts';

const violations = (files: Readonly<Record<string, string>>) => inFolder(files, checkFiles);

function inFolder(
  files: Readonly<Record<string, string>>,
  check: (folder: string) => readonly string[],
): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-texts-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return check(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the files of a migration', () => {
  // Mutation: with `recursive: false` nothing below the folder is looked at.
  test('hold no password, whatever file it is in, but for the environment', () => {
    const address = `postgres://postgres:${SECRETS.target}@127.0.0.1/db`;
    expect(violations({ '.env': address, 'logs/run.log': 'fine' })).toEqual([]);
    expect(violations({ 'logs/run.log': address })).toEqual(['a password is in logs/run.log']);
    expect(violations({ 'reports/run.md': SECRETS.source })).toEqual([
      'a password is in reports/run.md',
    ]);
  });

  // Mutation: without the flag m in STACK only a text that begins with a stack is one.
  test('that were printed hold no stack trace', () => {
    const { stack = '' } = new Error('boom');
    expect(violations({ [`${PRINTED}/worker-1.txt`]: `WARN: look\n${stack}\nmore` })).toEqual([
      `a stack trace is in ${PRINTED}/worker-1.txt`,
    ]);
    expect(violations({ [`${PRINTED}/worker-1.txt`]: 'WARN: back at 12:30:01\n' })).toEqual([]);
    expect(violations({ 'logs/worker.log': stack })).toEqual([]);
  });
});

describe('a watcher that ended with 1', () => {
  const watcher: DroverProcess = {
    name: 'watcher-1',
    code: 1,
    endedBy: null,
    pid: 1,
    frozen: false,
    ended: Promise.resolve(1),
    signal: () => true,
  };
  const said = (text: string) =>
    inFolder({ [`${PRINTED}/watcher-1.txt`]: text }, (folder) => checkWatcher(folder, watcher));

  // Mutation: without PROGRESS one that could not begin is a violation.
  // Mutation: without UNFINISHED one that reports a failed run is.
  test('had not begun, or reports a failed run; else it gave up', () => {
    const progress = 'drover: data: 2 of 112 chunks\n';
    expect(said('drover: ledger: the database system is starting up\n')).toEqual([]);
    expect(said(`${progress}Verification: UNFINISHED (0 of 0 chunks)\n`)).toEqual([]);
    expect(said(`${progress}drover: the connection broke\n`)).toEqual([
      'watcher-1 gave up before the run had ended',
    ]);
  });
});
