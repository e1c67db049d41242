import type { ConnectionSpec } from '@drover/core';
import type { AttemptPool, Database } from '@drover/postgres';
import type { Lane } from './lane.ts';
import type { Layout } from './layout.ts';
import type { PivotSpec } from './spec.ts';
import type { TargetCatalogue } from './target-table.ts';
import type { TextPairs } from './text-pairs.ts';

/** What an open pivot is made of; shared by its attempts. */
export interface PivotParts {
  readonly spec: PivotSpec;
  readonly layout: Layout;
  readonly sourceSpec: ConnectionSpec;
  readonly targetSpec: ConnectionSpec;
  /** Single statements on the source that may read much: planning, check. */
  readonly source: Database;
  /** Statements on the source that must come back soon: evictions, measurements. */
  readonly sourceControl: Database;
  /** Short statements on the target that must hold no other lock: added columns, evictions. */
  readonly target: Database;
  readonly lanes: AttemptPool<Lane>;
  readonly catalogue: TargetCatalogue;
  /** In [0, 1): spreads the tries of workers that wait for one lock. */
  readonly random: () => number;
  /** Longest tuple that is taken from the source. */
  readonly maxTupleBytes: number;
  readonly textPairs: TextPairs;
}
