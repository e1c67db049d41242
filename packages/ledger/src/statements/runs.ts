import {
  DroverError,
  type ErrorCode,
  type Json,
  type NewRun,
  type Phase,
  RUN_TRANSITIONS,
  type Run,
  type RunEvent,
  type RunKind,
  type RunOptions,
  type RunState,
  runStatesAllowing,
  type SqlExecutor,
  type SqlRow,
  UNFINISHED_RUN_STATES,
} from '@drover/core';
import { json, millis, number, optionalNumber, text, words } from './rows.ts';

const COLUMNS = `id, migration_id, kind, state, to_json(phases) as phases, phase, round, file_text, file_hash,
  options, anchor, error_code, ${millis('created_at')} as created_ms, ${millis('finished_at')} as finished_ms`;

/**
 * null where the migration has an unfinished run of this kind already. Call in a transaction.
 * @throws DroverError RUN_UNFINISHED beside another run that it must be alone among.
 */
export async function insertRun(sql: SqlExecutor, run: NewRun): Promise<Run | null> {
  if (run.alone === true) await refuseBesideOthers(sql, { ...run, runId: null });
  const [row] = await sql.query(
    `insert into drover.run (migration_id, kind, state, phases, phase, file_text, file_hash, options, anchor)
     values ($1, $2, 'running', $3::text[], ($3::text[])[1], $4, $5, $6::jsonb, $7::jsonb)
     on conflict do nothing returning ${COLUMNS}`,
    [
      run.migrationId,
      run.kind,
      run.phases,
      run.fileText,
      run.fileHash,
      JSON.stringify(run.options),
      JSON.stringify(run.anchor),
    ],
  );
  if (row === undefined) return null;
  await sql.query(`insert into drover.phase (run_id, phase) select $1, unnest($2::text[])`, [
    number(row, 'id'),
    run.phases,
  ]);
  return toRun(row);
}

/**
 * Of several that ask about one migration the next is answered when the transaction of the one before has ended.
 * @throws DroverError RUN_UNFINISHED where another run that writes is unfinished.
 */
export async function refuseBesideOthers(
  sql: SqlExecutor,
  { migrationId, runId }: { migrationId: string; runId: number | null },
): Promise<void> {
  await sql.query('select 1 from drover.migration where id = $1 for no key update', [migrationId]);
  const [other] = await sql.query(
    `select id from drover.run where migration_id = $1 and kind <> 'verification'
       and id is distinct from $2 and state in ${words(UNFINISHED_RUN_STATES)} limit 1`,
    [migrationId, runId],
  );
  if (other !== undefined) throw unfinishedBeside(number(other, 'id'));
}

export const unfinishedBeside = (runId: number): DroverError =>
  new DroverError('RUN_UNFINISHED', {
    message: `Run ${runId} of this migration is unfinished; only one at a time can be.`,
  });

export async function findRun(sql: SqlExecutor, runId: number): Promise<Run | null> {
  const [row] = await sql.query(`select ${COLUMNS} from drover.run where id = $1`, [runId]);
  return row === undefined ? null : toRun(row);
}

export async function latestRun(
  sql: SqlExecutor,
  query: { migrationId: string; unfinished?: boolean; kind?: RunKind },
): Promise<Run | null> {
  const [row] = await sql.query(
    `select ${COLUMNS} from drover.run
     where migration_id = $1 and ($2::text is null or kind = $2)
       and (not $3::bool or state in ${words(UNFINISHED_RUN_STATES)}) order by id desc limit 1`,
    [query.migrationId, query.kind ?? null, query.unfinished ?? false],
  );
  return row === undefined ? null : toRun(row);
}

export async function readRuns(
  sql: SqlExecutor,
  query: { migrationId: string; kind?: RunKind },
): Promise<readonly Run[]> {
  const rows = await sql.query(
    `select ${COLUMNS} from drover.run
     where migration_id = $1 and ($2::text is null or kind = $2) order by id desc`,
    [query.migrationId, query.kind ?? null],
  );
  return rows.map(toRun);
}

export async function unfinishedRuns(
  sql: SqlExecutor,
  migrationId: string,
): Promise<readonly Run[]> {
  const rows = await sql.query(
    `select ${COLUMNS} from drover.run
     where migration_id = $1 and state in ${words(UNFINISHED_RUN_STATES)} order by id`,
    [migrationId],
  );
  return rows.map(toRun);
}

/** Applies an event of the run's table; false where its state does not allow it. */
export async function changeRun(
  sql: SqlExecutor,
  change: { runId: number; event: RunEvent; errorCode?: ErrorCode },
): Promise<boolean> {
  const from = runStatesAllowing(change.event);
  const to = from.map((state) => RUN_TRANSITIONS[state][change.event] ?? '');
  const changed = await sql.query(
    `update drover.run set state = ($3::text[])[array_position($2::text[], state)], error_code = $4,
       finished_at = case when $5 in ('cancel', 'finish') then now() end
     where id = $1 and state = any ($2::text[]) returning id`,
    [change.runId, from, to, change.errorCode ?? null, change.event],
  );
  return changed.length > 0;
}

function toRun(row: SqlRow): Run {
  return {
    id: number(row, 'id'),
    migrationId: text(row, 'migration_id'),
    kind: text(row, 'kind') as RunKind,
    state: text(row, 'state') as RunState,
    phases: json<Phase[]>(row, 'phases'),
    phase: text(row, 'phase') as Phase,
    round: number(row, 'round'),
    fileText: text(row, 'file_text'),
    fileHash: text(row, 'file_hash'),
    options: json<RunOptions>(row, 'options'),
    anchor: json<Json>(row, 'anchor'),
    errorCode: (row['error_code'] ?? null) as ErrorCode | null,
    createdAtMs: number(row, 'created_ms'),
    finishedAtMs: optionalNumber(row, 'finished_ms'),
  };
}
