import type { PipelineDefinition } from '@drover/core';
import { createPivot } from './pivot.ts';
import { type PivotSpec, pivotSpecSchema } from './spec.ts';

export const pivotDefinition: PipelineDefinition<PivotSpec> = {
  kind: 'pivot',
  schema: pivotSpecSchema,
  listFiles: (spec) =>
    spec.groups.flatMap(({ channels }) => ('file' in channels ? [channels.file] : [])),
  ledgerConnection: (spec) => spec.target.connection,
  create: createPivot,
};
