import {
  DroverError,
  PIPELINE_KINDS,
  type PipelineDefinition,
  type PipelineKind,
} from '@drover/core';

/** The only place that knows every pipeline. Each is loaded when a migration of its kind is. */
const DEFINITIONS: Partial<Record<PipelineKind, () => Promise<PipelineDefinition>>> = {
  pivot: async () => (await import('./pivot/definition.ts')).pivotDefinition,
  warehouse: async () => (await import('./warehouse/definition.ts')).warehouseDefinition,
};

/** @throws DroverError FILE_INVALID for a kind that does not exist, or not yet. */
export async function loadPipeline(kind: string): Promise<PipelineDefinition> {
  const known = PIPELINE_KINDS.find((one) => one === kind);
  const load = known === undefined ? undefined : DEFINITIONS[known];
  if (load !== undefined) return load();
  throw new DroverError('FILE_INVALID', {
    message:
      known !== undefined
        ? `This version of Drover has no pipeline "${kind}" yet.`
        : `There is no pipeline "${kind}".`,
    hint: `Write one of ${Object.keys(DEFINITIONS).join(', ')}.`,
  });
}
