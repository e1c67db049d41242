import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Log } from '@drover/core';

/** All packages of Drover have the same one. */
export const DROVER_VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;

/**
 * The first line of a command's log: what was called, and with what it runs.
 * @param argv of the process. Program and script are left out: they are paths of this machine.
 */
export function logCommandStart(log: Log, argv: readonly string[]): void {
  log.debug('command started', {
    argv: argv.slice(2),
    drover: DROVER_VERSION,
    node: process.versions.node,
    system: `${process.platform} ${release()} ${process.arch}`,
  });
}
