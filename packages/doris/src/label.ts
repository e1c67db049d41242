/** Longest label that Doris takes (`label_regex_length`). */
const MAX_LABEL = 128;

/** What Doris takes in a label, in all versions. */
const FOREIGN = /[^-_A-Za-z0-9:]/g;

/**
 * The fence of a chunk: of all transactions with one label Doris commits at most one. The same for every
 * attempt at a generation of a chunk, another for the next generation.
 */
export function labelOf(of: {
  readonly migrationId: string;
  readonly chunkId: number;
  readonly generation: number;
  /** For a chunk that needs more than one load. */
  readonly part?: string;
}): string {
  const part = of.part === undefined ? '' : `_${of.part}`;
  const label = `drover_${of.migrationId}_${of.chunkId}_${of.generation}${part}`;
  if (label.length > MAX_LABEL) throw new RangeError(`a label of ${label.length} characters`);
  return label.replaceAll(FOREIGN, '_');
}
