import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { bytes, count, listLogFiles } from '@drover/telemetry';
import { plural } from '../views/plural.ts';
import { readLogExcerpt } from './log-excerpt.ts';
import type { Section } from './section.ts';

const MOST_FILES = 10;
const MOST_LINES = 200;

export const logFilesSection: Section = {
  title: 'Log files',
  holds: `of the newest ${MOST_FILES}: the first line, the last ${MOST_LINES}, warnings and errors`,
  async fill({ logs }) {
    const files = logs === 'none' ? [] : listLogFiles(logs);
    const parts: string[] = [];
    // One at a time: they may be large.
    for (const { path } of files.slice(-MOST_FILES).reverse()) parts.push(await fileText(path));
    return {
      summary: plural(files.length, 'file'),
      text:
        parts.length === 0
          ? `There is no log file in the folder ${logs}. Where they lie elsewhere, call again with --logs <folder>.`
          : parts.join('\n\n'),
    };
  },
};

/** A file that is pruned meanwhile, or may not be read, does not keep the others out. */
async function fileText(path: string): Promise<string> {
  const name = `--- ${basename(path)}`;
  try {
    const { size } = await stat(path);
    const { lines, first, errors, errorCount, last } = await readLogExcerpt(path, MOST_LINES);
    const head = `${name}: ${bytes(size)}, ${plural(lines, 'line')}`;
    if (lines === last.length) return [head, ...last].join('\n');
    const shown = errorCount > errors.length ? `, the last ${errors.length} of them` : '';
    return [
      head,
      first,
      '',
      `--- ${count(errorCount)} warnings and errors before the last lines${shown}`,
      ...errors,
      '',
      `--- the last ${last.length} lines`,
      ...last,
    ].join('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      return `${name}: cannot be read (${String(error.code)})`;
    throw error;
  }
}
