import { type Finding, noLog, type RunOptions } from '@drover/core';
import { inspectQueue } from '@drover/queue';
import type { MigrationView } from './migration-context.ts';

/** All that the pipeline and the queue have to say before a run. Writes nothing. */
export async function collectFindings(
  view: Pick<MigrationView, 'loaded' | 'pipeline' | 'ledger'>,
  context: { readonly attemptsAtOnce: number; readonly options: RunOptions },
): Promise<Finding[]> {
  const cutoffs =
    view.ledger === null
      ? new Map<string, string>()
      : await view.ledger.ledger.cutoffs(view.ledger.migration.id);
  const findings: Finding[] = [];
  for await (const finding of view.pipeline.check({ log: noLog, cutoffs, ...context })) {
    findings.push(finding);
  }
  findings.push(...(await inspectQueue(view.loaded.spec.queue)));
  return findings;
}
