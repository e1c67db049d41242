import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@drover/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli, startCli } from './testing/cli-process.ts';

let cwd = '';
const RUN = '2026-01-31_081530_run_host_11.log';
const WORKER = '2026-01-31_081531_worker_host_12.log';
const path = (name: string) => join(cwd, 'logs', name);

function line(second: number, level: string, msg: string, fields: object = {}): string {
  const time = `2026-01-31T08:15:${String(second).padStart(2, '0')}.000Z`;
  return `${JSON.stringify({ level, time, pid: 11, hostname: 'host', task: 'run', msg, ...fields })}\n`;
}

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'drover-logs-'));
  mkdirSync(join(cwd, 'logs'));
  writeFileSync(path(RUN), line(1, 'info', 'run started') + line(9, 'info', 'run ended'));
  writeFileSync(
    path(WORKER),
    line(2, 'info', 'chunk done', { chunk: 1 }) +
      line(3, 'warn', 'no heartbeat') +
      line(4, 'error', 'chunk failed', { chunk: 2, code: 'DISK_FULL' }) +
      line(5, 'info', 'chunk done', { chunk: 3 }),
  );
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const logs = async (...args: string[]) => {
  const { code, out, err } = await runCli(['logs', ...args], { cwd });
  return { code, err, lines: out.split('\n').filter((text) => text !== '') };
};

describe('drover logs', () => {
  test('shows the lines of all processes in order of time', async () => {
    const { code, lines } = await logs();
    expect(code).toBe(0);
    expect(lines.map((text) => text.slice(17, 19))).toEqual(['01', '02', '03', '04', '05', '09']);
    expect(lines[3]).toContain('ERROR chunk failed  task=run pid=11 chunk=2 code=DISK_FULL');
  });

  test('--errors shows warnings and errors only, --successes what ended well', async () => {
    expect((await logs('--errors')).lines.map((text) => text.slice(17, 19))).toEqual(['03', '04']);
    expect((await logs('--successes')).lines.map((text) => text.slice(17, 19))).toEqual([
      ...['02', '05', '09'],
    ]);
  });

  test('--task shows the processes of one task', async () => {
    expect((await logs('--task', 'run')).lines).toHaveLength(2);
  });

  test('--counts counts lines by level and message, also as JSON', async () => {
    const { lines } = await logs('--counts');
    expect(lines.map((text) => text.trim().split(/\s{2,}/))).toContainEqual([
      ...['info', 'chunk done', '2'],
    ]);
    const { out } = await runCli(['logs', '--counts', '--json'], { cwd });
    expect(JSON.parse(out)).toContainEqual({ level: 'info', message: 'chunk done', lines: 2 });
  });

  test('--json prints the lines as they were written', async () => {
    const { lines } = await logs('--json', '--errors');
    expect(lines.map((text) => (JSON.parse(text) as { msg: string }).msg)).toEqual([
      ...['no heartbeat', 'chunk failed'],
    ]);
  });

  test('says so where there is nothing to show', async () => {
    expect(await logs('--logs', 'elsewhere')).toEqual({
      code: 0,
      lines: [],
      err: 'No line in the log files of the folder elsewhere.\n',
    });
  });

  // Mutation: with positions kept by path in logs.ts, the lines of a rotated file come a second time.
  test('--follow goes on across a rotation, and shows each line once', async () => {
    await using following = startCli(['logs', '--follow', '--json'], { cwd });
    await until('what was there is shown', () => following.out().includes('run ended'));
    appendFileSync(path(WORKER), line(10, 'info', 'before the rotation'));
    renameSync(path(WORKER), path(`${WORKER}.1`));
    writeFileSync(path(WORKER), line(11, 'info', 'after the rotation'));
    await until('the new file is read', () => following.out().includes('after the rotation'));
    appendFileSync(path(RUN), line(12, 'error', 'the last'));
    await until('the last line is shown', () => following.out().includes('the last'));
    const shown = following
      .out()
      .split('\n')
      .filter((text) => text !== '');
    expect(shown).toHaveLength(9);
    expect(new Set(shown).size).toBe(9);
  });

  test('leaves a line that is still being written for later', async () => {
    const whole = line(10, 'info', 'written in two goes');
    appendFileSync(path(RUN), whole.slice(0, 40));
    await using following = startCli(['logs', '--follow'], { cwd });
    await until('what was there is shown', () => following.out().includes('run ended'));
    expect(following.out()).not.toContain('two goes');
    appendFileSync(path(RUN), whole.slice(40));
    await until('the whole line is shown', () => following.out().includes('written in two goes'));
  });

  test('ends without an error when its reader does', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => line(20, 'info', `line ${index}`));
    appendFileSync(path(RUN), many.join(''));
    const reading = startCli(['logs'], { cwd });
    await new Promise((resolve) => reading.child.stdout?.once('data', resolve));
    reading.child.stdout?.destroy();
    expect(await reading.ended).toMatchObject({ code: 0, err: '' });
  });
});
