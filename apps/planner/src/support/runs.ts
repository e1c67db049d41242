import { CHUNK_STATES, type Run } from '@drover/core';
import { count, table } from '@drover/telemetry';
import type { MigrationRecord } from '../migration-context.ts';
import { plural } from '../views/plural.ts';
import type { Filling, Section } from './section.ts';

const MOST_RUNS = 50;

export const runsSection: Section = {
  title: 'Runs',
  holds: 'the runs on record, newest first, and the files they froze',
  async fill(context) {
    const { ledger, migration } = context.record();
    const runs = await ledger.runs({ migrationId: migration.id });
    const { hash } = context.loaded();
    const [newest] = runs;
    const shown = runs.slice(0, MOST_RUNS);
    return {
      summary:
        newest === undefined ? 'none' : `run ${newest.id} (${newest.kind}): ${stateText(newest)}`,
      text: [
        `migration ${migration.name}, ${migration.id}: ${plural(runs.length, 'run')}`,
        '',
        runsTable(shown, hash),
        ...newestOfKinds(runs).flatMap((run) => ['', ...runLines(run, hash)]),
      ].join('\n'),
    };
  },
};

export const chunksSection: Section = {
  title: 'Chunks and attempts',
  holds: 'of the newest run of each kind: chunks by phase and state, attempts by outcome and error',
  async fill(context) {
    const record = context.record();
    const runs = newestOfKinds(await record.ledger.runs({ migrationId: record.migration.id }));
    const parts = await Promise.all(runs.map((run) => chunksOf(record, run)));
    return {
      summary: parts[0]?.summary ?? 'none',
      text: parts.map(({ text }) => text).join('\n\n'),
    };
  },
};

/** The newest run of each kind: every unfinished run is among them. */
export function newestOfKinds(runs: readonly Run[]): readonly Run[] {
  const kinds = [...new Set(runs.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => runs.find((run) => run.kind === kind) ?? []);
}

function stateText(run: Run): string {
  return run.errorCode === null ? run.state : `${run.state} (${run.errorCode})`;
}

function runsTable(runs: readonly Run[], hash: string): string {
  return table(
    ['run', 'kind', 'state', 'phase', 'round', 'file', 'began', 'ended'],
    runs.map((run) => [
      String(run.id),
      run.kind,
      stateText(run),
      run.phase,
      String(run.round),
      run.fileHash === hash ? 'as now' : 'another',
      new Date(run.createdAtMs).toISOString(),
      run.finishedAtMs === null ? '' : new Date(run.finishedAtMs).toISOString(),
    ]),
  );
}

/** The file that a run froze, where it is not the one above: a worker with another file leaves it alone. */
function runLines(run: Run, hash: string): readonly string[] {
  const lines = [`run ${run.id} was started with ${JSON.stringify(run.options)}`];
  if (run.fileHash === hash) return lines;
  return [
    ...lines,
    `and with another file (or other lists), hash ${run.fileHash}:`,
    run.fileText.trimEnd(),
  ];
}

async function chunksOf({ ledger }: MigrationRecord, run: Run): Promise<Filling> {
  const [progress, attempts, rejects] = await Promise.all([
    ledger.progress(run.id),
    ledger.attempts(run.id),
    ledger.rejectCounts(run.id),
  ]);
  const { total, phases } = progress;
  const sums = CHUNK_STATES.map((state) => ({
    state,
    chunks: phases.reduce((sum, phase) => sum + phase.chunks[state], 0),
  }));
  const some = sums.filter(({ chunks }) => chunks > 0);
  const summary = some.map(({ state, chunks }) => `${count(chunks)} ${state}`).join(', ');
  const lines = [
    `run ${run.id} (${run.kind}): ${stateText(run)}`,
    `rows read ${count(total.read)}, loaded ${count(total.loaded)}, rejected ${count(total.rejected)}, skipped ${count(total.skipped)}`,
    '',
    table(
      ['phase', ...CHUNK_STATES, 'planned to the end'],
      phases.map(({ phase, chunks, planned }) => [
        phase,
        ...CHUNK_STATES.map((state) => count(chunks[state])),
        planned ? 'yes' : 'no',
      ]),
    ),
    '',
    plural(attempts.attempts, 'attempt'),
    ...(attempts.attempts === 0 ? [] : [attemptsTable(attempts.outcomes)]),
    ...(rejects.length === 0 ? [] : ['', rejectsTable(rejects)]),
  ];
  return { summary: `run ${run.id}: ${summary}`, text: lines.join('\n') };
}

type Attempts = Awaited<ReturnType<MigrationRecord['ledger']['attempts']>>;
type Rejects = Awaited<ReturnType<MigrationRecord['ledger']['rejectCounts']>>;

function attemptsTable(outcomes: Attempts['outcomes']): string {
  return table(
    ['outcome', 'error', 'attempts'],
    outcomes.map((one) => [one.outcome, one.errorCode ?? '', count(one.count)]),
  );
}

function rejectsTable(rejects: Rejects): string {
  return table(
    ['rejected by', 'rejects', 'rows', 'open'],
    rejects.map((one) => [one.rule, count(one.rejects), count(one.rows), count(one.open)]),
  );
}
