import type { PipelineKind } from '@drover/core';

/** What people call the things that a pipeline moves. */
export interface Words {
  /** What a list of `--ships` or `--tables` names. */
  readonly entity: string;
  /** What is read, in the plural. */
  readonly read: string;
  /** What it becomes in the target, in the plural; what is compared, one of them. */
  readonly loaded: string;
  readonly compared: string;
  /** Rows of the target, where these are other ones; in the plural. */
  readonly written: string | null;
}

const PIVOT: Words = {
  entity: 'ship',
  read: 'narrow rows',
  loaded: 'cells',
  compared: 'cell',
  written: 'wide rows',
};

const TABLES: Words = {
  entity: 'table',
  read: 'rows',
  loaded: 'rows',
  compared: 'row',
  written: null,
};

export function wordsOf(pipeline: PipelineKind): Words {
  return pipeline === 'pivot' ? PIVOT : TABLES;
}
