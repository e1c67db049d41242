import type { Value } from '../store.ts';
import type { Relation } from './relation.ts';

/** What a statement answers: rows, or how many rows it changed. */
export type Outcome =
  | { readonly kind: 'rows'; readonly relation: Relation }
  | { readonly kind: 'done'; readonly affectedRows: number };

export const DONE: Outcome = { kind: 'done', affectedRows: 0 };

export function rowsOf(relation: Relation): Outcome {
  return { kind: 'rows', relation };
}

/** A result whose columns are all text, as those of SHOW are. */
export function textRows(
  names: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): Outcome {
  const fields = names.map((name) => ({ name, type: { name: 'STRING' } as const }));
  return rowsOf({
    fields,
    rows: rows satisfies readonly (readonly Value[])[],
    database: null,
    alias: null,
  });
}
