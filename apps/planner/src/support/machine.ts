import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, loadavg, release, totalmem, version } from 'node:os';
import { dirname, resolve } from 'node:path';
import { systemHost } from '@drover/config';
import { bytes, DROVER_VERSION } from '@drover/telemetry';
import type { Section } from './section.ts';

export const commandSection: Section = {
  title: 'Drover',
  holds: 'version, and the command line of this call',
  fill: ({ madeAt }) => ({
    summary: DROVER_VERSION,
    text: [
      `Drover ${DROVER_VERSION}`,
      `called as: drover ${process.argv.slice(2).map(word).join(' ')}`,
      `on ${systemHost.name}, process ${systemHost.pid}, at ${madeAt.toISOString()} (time zone here: ${new Intl.DateTimeFormat().resolvedOptions().timeZone})`,
    ].join('\n'),
  }),
};

export const machineSection: Section = {
  title: 'This machine',
  holds: 'Node, operating system, processors, memory, disk of the logs',
  async fill({ logs }) {
    const folder = nearestFolder(logs === 'none' ? '.' : logs);
    const { bavail, blocks, bsize } = await statfs(folder);
    const limit = process.constrainedMemory();
    return {
      summary: `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
      text: [
        `Node ${process.versions.node} (V8 ${process.versions.v8}, OpenSSL ${process.versions.openssl})`,
        `${process.platform} ${release()} ${process.arch}, ${version()}`,
        `${availableParallelism()} processors (${cpus()[0]?.model.trim() ?? 'unknown'}), load ${loadavg()
          .map((load) => load.toFixed(2))
          .join(' ')}`,
        `memory ${bytes(totalmem())}, ${bytes(freemem())} of it free${isLimit(limit) ? `, limited to ${bytes(limit)}` : ''}`,
        `disk of the log files ${bytes(blocks * bsize)}, ${bytes(bavail * bsize)} of it free`,
      ].join('\n'),
    };
  },
};

/** Without a limit Linux names a number beyond all memory. */
function isLimit(limit: number | undefined): limit is number {
  return limit !== undefined && limit > 0 && limit < totalmem();
}

function nearestFolder(path: string): string {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text);
}
