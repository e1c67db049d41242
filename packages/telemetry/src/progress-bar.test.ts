import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { describe, expect, test } from 'vitest';
import { createProgressBar, type ProgressState } from './progress-bar.ts';

const STATE: ProgressState = {
  phase: 'data',
  chunksDone: 25,
  chunksTotal: 100,
  rowsPerSecond: 12_345.6,
  parked: 0,
  etaMs: null,
};

/** A stream that remembers what it was shown, as a terminal or as the end of a pipe. */
function screen(isTTY: boolean) {
  const memory = new PassThrough();
  // Only what a bar asks of a terminal; a real one needs a device.
  const stream = Object.assign(memory, { isTTY, columns: 200 }) as unknown as WriteStream;
  return { stream, text: () => String(memory.read() ?? '') };
}

function shownOf(state: Partial<ProgressState>): string {
  const { stream, text } = screen(true);
  const bar = createProgressBar(stream);
  bar.show({ ...STATE, ...state });
  const shown = text();
  bar.stop();
  return shown;
}

describe('a progress bar', () => {
  test('shows phase, share, chunks and rate on a terminal', () => {
    expect(shownOf({})).toMatch(/data {5}█+░+ +25% {2}25\/100 chunks {2}12,346 rows\/s(?!\d)/);
  });

  // Mutation: `{eta}` in progress-bar.ts is the library's own, and a 0 behind the rate.
  test('names parked chunks and the time left where there are any', () => {
    expect(shownOf({ parked: 3, etaMs: 245_000 })).toContain('rows/s  3 parked  4m 05s left');
    expect(shownOf({})).not.toMatch(/parked|left/);
  });

  test('of a phase without chunks is empty, not broken', () => {
    const shown = shownOf({ chunksDone: 0, chunksTotal: 0, rowsPerSecond: 0 });
    expect(shown).toContain('0%');
    expect(shown).not.toContain('NaN');
  });

  test('takes itself off the terminal when it stops, and may be shown again', () => {
    const { stream, text } = screen(true);
    const bar = createProgressBar(stream);
    bar.stop();
    expect(text()).toBe('');
    bar.show(STATE);
    text();
    bar.stop();
    expect(text()).toContain('\u001B[?25h');
    bar.show({ ...STATE, chunksDone: 100 });
    expect(text()).toContain('100%');
    bar.stop();
  });

  // Mutation: without the look at isTTY in progress-bar.ts and with the library's `noTTYOutput`, a log
  // of the output fills with bars.
  test('writes nothing where there is no terminal', () => {
    const { stream, text } = screen(false);
    const bar = createProgressBar(stream);
    bar.show(STATE);
    bar.show({ ...STATE, chunksDone: 26 });
    bar.stop();
    expect(text()).toBe('');
  });
});
