import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkData } from './check-data.ts';
import { checkEnds, checkSessions, WATCHER_FAILED } from './check-processes.ts';
import { checkFiles, checkLedgerTexts, checkWatcher } from './check-texts.ts';
import { PRINTED } from './drover-process.ts';
import { readExpected } from './expected-tables.ts';
import type { Scene } from './fault.ts';
import type { Ground } from './ground.ts';
import type { MigrationShape } from './migration-folder.ts';
import { processesIn } from './process-state.ts';

export interface RoundCounts {
  readonly chunks: number;
  readonly attempts: number;
  readonly superseded: number;
  readonly retried: number;
  /** Most attempts that one chunk burnt. */
  readonly mostBurnt: number;
  /** Watchers that saw the run fail, or could not begin. */
  readonly watchersFailed: number;
  readonly rows: number;
  readonly cells: number;
  readonly differences: number;
}

/** Ends the processes of a round whose run is over, and looks at everything that it left. */
export async function checkRound(
  scene: Scene,
  of: { folder: string; migration: MigrationShape },
): Promise<{ counts: RoundCounts; violations: string[] }> {
  const { crew, ground, field } = scene;
  await crew.dismiss();
  const report = await crew.command('report');
  const { runId } = await scene.progress();
  const expected = await readExpected(ground.source, of.migration);
  const data = await checkData(ground.target, { expected, runId });
  const said = readFileSync(join(of.folder, PRINTED, `${report.name}.txt`), 'utf8');
  const watchers = crew.processes.filter((one) => one.name.startsWith('watcher-'));
  const violations = [
    ...data.violations,
    ...(said.includes('Verification: PASSED') ? [] : ['the report does not say PASSED']),
    ...checkEnds(crew.processes),
    ...processesIn(of.folder).map((pid) => `process ${pid} is left`),
    ...(await checkSessions(field)),
    ...watchers.flatMap((one) => checkWatcher(of.folder, one)),
    ...checkFiles(of.folder),
    ...(await checkLedgerTexts(ground.target)),
  ];
  const watchersFailed = watchers.filter((one) => one.code === WATCHER_FAILED).length;
  const { cells, differences } = data;
  const counts = await countWork(ground, runId);
  return {
    counts: { ...counts, watchersFailed, rows: expected.rows, cells, differences },
    violations,
  };
}

async function countWork({ target }: Ground, runId: number) {
  const [row] = await target.query(
    `select (select count(*) from drover.chunk where run_id = $1) as chunks,
       (select max(attempts) from drover.chunk where run_id = $1) as most_burnt, count(*) as attempts,
       count(*) filter (where outcome = 'superseded') as superseded,
       count(*) filter (where outcome = 'retry') as retried
     from drover.attempt where run_id = $1`,
    [runId],
  );
  return {
    chunks: Number(row?.['chunks']),
    attempts: Number(row?.['attempts']),
    superseded: Number(row?.['superseded']),
    retried: Number(row?.['retried']),
    mostBurnt: Number(row?.['most_burnt']),
  };
}
