import type { Delivery } from '@drover/core';

/** Raised when the form of a job changes; a worker leaves alone what it does not know. */
export const JOB_VERSION = 1;

/** All that ever lies in the queue: ids and a version. */
export interface JobData {
  readonly v: number;
  readonly run: number;
  readonly chunk: number;
  readonly delivery: number;
}

/** null for a job of another version, or of nobody's. */
export function toDelivery(data: Partial<JobData>): Delivery | null {
  const { v, run, chunk, delivery } = data;
  const known = v === JOB_VERSION && [run, chunk, delivery].every(Number.isSafeInteger);
  return known ? ({ runId: run, chunkId: chunk, delivery } as Delivery) : null;
}
