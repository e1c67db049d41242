import { type GivenWork, PHASES, type Run } from '@drover/core';
import { startRun } from '@drover/engine';
import type { Drover } from '@drover/worker';

/**
 * Opens a run of its own for chunks that no run of this file has: it makes their tables, moves and
 * verifies.
 * @throws DroverError RUN_UNFINISHED where such a run is unfinished.
 */
export function startGivenRun(drover: Drover, given: GivenWork): Promise<Run> {
  const { selections } = drover.pipeline;
  const entities = new Set(
    given.chunks.flatMap(({ range }) => selections?.of(range).map((one) => one.entity) ?? []),
  );
  return startRun(drover, {
    kind: 'reprocess',
    phases: PHASES.filter((phase) => phase !== 'finish'),
    options: entities.size === 0 ? {} : { entities: [...entities] },
    given,
  });
}
