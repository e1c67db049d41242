import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes, table } from '@drover/telemetry';
import { plural } from '../views/plural.ts';
import type { Section } from './section.ts';

export const reportFilesSection: Section = {
  title: 'Report files',
  holds: 'their names',
  async fill({ reports }) {
    const names = await namesIn(reports);
    const rows = await Promise.all(
      names.map(async (name) => {
        const { size, mtime } = await stat(join(reports, name));
        return [name, bytes(size), mtime.toISOString()];
      }),
    );
    return {
      summary: plural(rows.length, 'file'),
      text:
        rows.length === 0
          ? `There is none in the folder ${reports}.`
          : table(['file', 'size', 'written'], rows),
    };
  },
};

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
