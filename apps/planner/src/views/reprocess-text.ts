import type { Pipeline } from '@drover/core';
import type { ReprocessPlan } from '@drover/engine';
import { count, table } from '@drover/telemetry';
import { plural } from './plural.ts';

/** How many chunks are shown of a long plan. */
const SHOWN = 20;

export function reprocessText(
  plan: ReprocessPlan,
  pipeline: Pick<Pipeline, 'describe'>,
  { dryRun }: { dryRun: boolean },
): string {
  const { chunks, left } = plan;
  const lines =
    chunks.length === 0
      ? ['Nothing to reprocess: no parked chunk and no range is like that.']
      : [`${plural(chunks.length, 'chunk')} ${dryRun ? 'would be' : 'will be'} tried:`, ''];
  if (chunks.length > 0) {
    lines.push(
      table(
        ['run', 'stream', 'range', 'rows, estimated'],
        chunks
          .slice(0, SHOWN)
          .map(({ run, part }) => [
            run === null ? 'new' : String(run),
            part.stream,
            pipeline.describe(part.range),
            part.estimatedRows > 0 ? count(part.estimatedRows) : '',
          ]),
      ),
    );
    if (chunks.length > SHOWN) lines.push(`... and ${count(chunks.length - SHOWN)} more`);
  }
  if (left.length > 0) {
    lines.push(
      '',
      `${plural(left.length, 'parked chunk')} cannot be tried: the run was cancelled or had another content of the file, and only data move to a new run:`,
      ...left.map(({ run, chunk }) => `  run ${run.id}, chunk ${chunk.id} (${chunk.phase})`),
      'Restore that file, or `drover failed drop` them and start `drover run` or `drover verify`.',
    );
  }
  return lines.join('\n');
}
