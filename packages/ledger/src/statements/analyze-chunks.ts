import type { SqlExecutor } from '@drover/core';

/** A plan of this many chunks is the first that needs statistics. */
const FIRST = 10_000;

/**
 * Whether a plan that has grown needs new statistics: without any the server sorts a million chunks on disk
 * to count them, and it looks by itself only once a minute. At the first size, and whenever it has doubled.
 */
export function outgrewStatistics(before: number, after: number): boolean {
  return doublings(after) > doublings(before);
}

function doublings(chunks: number): number {
  return chunks < FIRST ? -1 : Math.floor(Math.log2(chunks / FIRST));
}

export async function analyzeChunks(sql: SqlExecutor): Promise<void> {
  await sql.query('analyze drover.chunk');
}
