import type { ConnectionSpec } from '@drover/core';
import type { Loader, Nodes, Statements } from '@drover/doris';
import type { AttemptPool, Database, Session } from '@drover/postgres';
import type { Catalogue } from './plans.ts';
import type { WarehouseSpec } from './spec.ts';

/** What an open warehouse is made of; shared by its attempts. */
export interface WarehouseParts {
  readonly spec: WarehouseSpec;
  readonly sourceSpec: ConnectionSpec;
  /** Single statements on the source that may read much: catalogue, planning, check. */
  readonly source: Database;
  /** Statements on the source that must come back soon: evictions, measurements. */
  readonly sourceControl: Database;
  /** Sessions on the source that carry an attempt's name. */
  readonly sessions: AttemptPool<Session>;
  readonly statements: Statements;
  readonly nodes: Nodes;
  readonly loader: Loader;
  readonly catalogue: Catalogue;
  readonly uuid: () => string;
}
