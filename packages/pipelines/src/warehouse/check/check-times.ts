import { type Finding, formatDuration } from '@drover/core';
import type { WarehouseSpec } from '../spec.ts';

/** `max_stream_load_timeout_second`, by default. */
const LONGEST_LOAD = 259_200_000_000n;

/** `streaming_label_keep_max_second`, by default: for so long Doris knows what became of a load. */
const LABEL_KEPT = 43_200_000_000n;

/** Times of the file that do not go with those of Doris, all in microseconds. */
export function* checkTimes({ load, chunk }: WarehouseSpec): Generator<Finding> {
  const timeout = formatDuration(load.timeout);
  const common = { subject: 'load.timeout', rule: 'load-timeout' } as const;
  if (load.timeout > LONGEST_LOAD) {
    yield {
      ...common,
      level: 'error',
      reason: `is ${timeout}; Doris takes ${formatDuration(LONGEST_LOAD)} at most`,
      fix: 'Set load.timeout to 1h, and chunk.bytes so that a chunk is loaded in that time.',
    };
  } else if (load.timeout >= LABEL_KEPT) {
    yield {
      ...common,
      level: 'warning',
      reason: `is ${timeout}; Doris forgets after ${formatDuration(LABEL_KEPT)} what became of a load, which Drover asks after a lost connection`,
      fix: 'Set load.timeout well below, e.g. 1h, or raise streaming_label_keep_max_second of the frontends.',
    };
  }
  if (load.timeout < chunk.timeLimit) {
    yield {
      ...common,
      level: 'warning',
      reason: `is ${timeout}, less than chunk.timeLimit, ${formatDuration(chunk.timeLimit)}: Doris ends a load before its chunk is split`,
      fix: 'Set load.timeout above chunk.timeLimit.',
    };
  }
}
