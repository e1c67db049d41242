import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readLogExcerpt } from './log-excerpt.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-excerpt-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (number: number, level = 'info') => `{"level":"${level}","msg":"line ${number}"}`;

function read(lines: readonly string[], most = 3) {
  const path = join(folder, 'a.log');
  writeFileSync(path, lines.map((text) => `${text}\n`).join(''));
  return readLogExcerpt(path, most);
}

describe('of a log', () => {
  // Mutations in log-excerpt.ts: `first = text`; without `lines.shift()`.
  test('the first and the last lines are kept', async () => {
    const lines = Array.from({ length: 9 }, (_, number) => line(number));
    expect(await read(lines)).toEqual({
      lines: 9,
      first: line(0),
      errors: [],
      errorCount: 0,
      last: lines.slice(-3),
    });
  });

  // Mutations: without the filter by number errors come twice; `slice(0, most)` keeps the oldest ones;
  // without one of the levels.
  test('warnings and errors before the last lines are kept, the newest of them', async () => {
    const lines = [
      ...[line(0), line(1, 'error'), line(2, 'warn'), line(3, 'error'), line(4), line(5, 'fatal')],
      ...[line(6), line(7, 'error'), line(8, 'warn')],
    ];
    const { errors, errorCount, last } = await read(lines);
    expect(errors).toEqual([line(2, 'warn'), line(3, 'error'), line(5, 'fatal')]);
    expect(errorCount).toBe(4);
    expect(last).toEqual(lines.slice(-3));
  });

  // Mutation: `push(errors, line, most)` loses those that the last lines have pushed out.
  test('errors among the last lines do not push out those before them', async () => {
    const lines = Array.from({ length: 9 }, (_, number) => line(number, 'error'));
    const { errors, errorCount } = await read(lines);
    expect(errors).toEqual(lines.slice(3, 6));
    expect(errorCount).toBe(6);
  });

  // Mutation: each line of the file for itself begins the excerpt with "half of a value".
  test('no excerpt begins in the middle of a line that was broken', async () => {
    const broken = '{"level":"error","msg":"first\nhalf of a value"}';
    const { lines, last, errors } = await read([line(0), broken, line(2), line(3)], 2);
    expect(lines).toBe(4);
    expect(errors).toEqual([broken]);
    expect(last).toEqual([line(2), line(3)]);
    expect((await read([line(0), broken, line(2)], 2)).last).toEqual([broken, line(2)]);
  });

  test('that is empty there is nothing', async () => {
    expect(await read([])).toMatchObject({ lines: 0, first: null, last: [] });
  });
});
