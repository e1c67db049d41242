import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Host } from '@drover/core';

/** This process on this machine. */
export const systemHost: Host = {
  name: hostname(),
  pid: process.pid,
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => randomUUID(),
};
