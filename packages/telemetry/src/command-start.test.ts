import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DROVER_VERSION, logCommandStart } from './command-start.ts';
import { createLog } from './create-log.ts';

// Mutation: without `slice(2)` in command-start.ts.
test('a log begins with the command line, without paths of programs and without secrets', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-logs-'));
  const log = createLog({
    task: 'run',
    host: 'host1',
    pid: 1,
    startedAt: new Date(0),
    level: 'debug',
    folder,
    keep: 1,
    terminal: null,
  });
  logCommandStart(log, [
    '/usr/bin/node',
    '/opt/drover/main.js',
    'run',
    'redis://:s3cret@h',
    '-f',
    'a',
  ]);
  await log[Symbol.asyncDispose]();
  const text = readFileSync(log.file ?? '', 'utf8');
  rmSync(folder, { recursive: true });
  expect(JSON.parse(text)).toMatchObject({
    msg: 'command started',
    argv: ['run', 'redis://:[secret]@h', '-f', 'a'],
    drover: DROVER_VERSION,
    node: process.versions.node,
    system: expect.stringContaining(process.platform),
  });
  expect(DROVER_VERSION).toMatch(/^\d+\.\d+\.\d+$/);
  expect(text).not.toContain('/opt');
});
