import { describe, expect, test } from 'vitest';
import { checkEnds } from './check-processes.ts';
import type { DroverProcess } from './drover-process.ts';

const ended = (
  name: string,
  code: number | string | null,
  endedBy: NodeJS.Signals | null = null,
): DroverProcess => ({
  name,
  code,
  endedBy,
  pid: 1,
  frozen: false,
  ended: Promise.resolve(code ?? 'never'),
  signal: () => true,
});

describe('how a process ended', () => {
  test('is right for a worker that was asked to, or killed, and a watcher that saw the end or gave up', () => {
    const processes = [
      ended('worker-1', 0, 'SIGTERM'),
      ended('worker-2', 'SIGKILL', 'SIGKILL'),
      ended('watcher-1', 'SIGKILL', 'SIGKILL'),
      ended('watcher-2', 1),
      ended('watcher-3', 4),
      ended('report-1', 4),
    ];
    expect(checkEnds(processes)).toEqual([]);
  });

  // Mutation: with `[0]` for a worker whom nobody asked, in wantedCodes, one that gave up goes unseen.
  // Mutation: with `code === null ||` for `code !== null &&` in checkEnds, one that hangs is no violation.
  test.each([
    [ended('worker-1', 0), 'worker-1 ended by itself with 0'],
    [ended('worker-1', 1), 'worker-1 ended by itself with 1'],
    [ended('worker-1', 'SIGTERM', 'SIGTERM'), 'worker-1 ended by SIGTERM with SIGTERM'],
    [ended('worker-1', null, 'SIGTERM'), 'worker-1 did not end by SIGTERM'],
    [ended('watcher-1', 3), 'watcher-1 ended by itself with 3'],
    [ended('watcher-1', null), 'watcher-1 did not end by itself'],
    [ended('report-1', 1), 'report-1 ended by itself with 1'],
  ])('is wrong otherwise (%#)', (process, violation) => {
    expect(checkEnds([process])).toEqual([violation]);
  });
});
