import { LIMIT_NAMES, type LimitName, type Throttle } from '@drover/core';
import type { ThrottleStatus } from '@drover/engine';
import { count } from '@drover/telemetry';

/** The limits in force and whether work is held, as a person reads them. */
export function throttleText(migration: string, status: ThrottleStatus): string {
  const names = LIMIT_NAMES.filter((name) => status.limits[name] !== undefined);
  const width = Math.max(...names.map((name) => optionName(name).length));
  return [
    names.length === 0 ? `${migration}: no limits in force.` : `${migration}: limits in force`,
    ...names.map(
      (name) => `  ${optionName(name).padEnd(width)}  ${limitText(name, status.limits)}`,
    ),
    ...(status.lifted.length === 0
      ? []
      : [`  lifted, though the file has them: ${status.lifted.map(optionName).join(', ')}`]),
    heldText(status.held),
  ].join('\n');
}

/** The limits on one line; empty where there are none. */
export function limitsText(limits: Throttle): string {
  return LIMIT_NAMES.filter((name) => limits[name] !== undefined)
    .map((name) => `${optionName(name)} ${limitText(name, limits)}`)
    .join('; ');
}

export function heldText(held: string | null): string {
  return held === null ? 'Work is not held.' : `Work is held: ${held}.`;
}

/** As the command line has it: `chunks-per-second`. */
export function optionName(name: LimitName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function limitText(name: LimitName, limits: Throttle): string {
  const { chunksPerSecond = 0, concurrency = 0, rowsPerSecond = 0, query, hours } = limits;
  switch (name) {
    case 'chunksPerSecond':
      return `${chunksPerSecond}, over all workers together`;
    case 'concurrency':
      return `${concurrency} in each worker`;
    case 'rowsPerSecond':
      return `${count(rowsPerSecond)}, over all workers together`;
    case 'query':
      return `below ${query?.below}: ${query?.sql.replaceAll(/\s+/g, ' ')}`;
    case 'replicationLag':
      return limits.replicationLag ?? '';
    case 'hours':
      return `${hours?.from}-${hours?.to} (${hours?.timeZone})`;
  }
}
