import {
  DroverError,
  type Run,
  runStatesAllowing,
  type SqlExecutor,
  stateAfter,
  statesAllowing,
  UNFINISHED_CHUNK_STATES,
  UNFINISHED_RUN_STATES,
  type Unparking,
} from '@drover/core';
import { number, text, words } from './rows.ts';

/**
 * Tries parked chunks again, whole or in parts, with fresh attempts, and takes the run back to the first
 * phase that has work. What was verified of them is verified again. Call in a transaction.
 * @returns how many chunks are tried again.
 */
export async function unpark(
  sql: SqlExecutor,
  of: { runId: number; chunks: readonly Unparking[] },
): Promise<number> {
  // Held to the end: nobody closes a phase meanwhile.
  const [run] = await sql.query(`select state from drover.run where id = $1 for update`, [
    of.runId,
  ]);
  if (run === undefined) throw new DroverError('RUN_MISSING');
  const again = [
    ...(await whole(sql, of.runId, of.chunks)),
    ...(await divided(sql, of.runId, of.chunks)),
  ];
  if (again.length === 0) return 0;
  await sql.query(
    `update drover.chunk set state = $3, generation = generation + 1, attempts = 0, due_at = null,
       error_code = null, error_text = null, changed_at = clock_timestamp()
     where origin_id = any ($2::int8[]) and run_id = $1 and state = any ($4::text[])`,
    [of.runId, again, stateAfter('regenerate'), statesAllowing('regenerate')],
  );
  await sql.query(
    `update drover.phase set complete = false
     where run_id = $1 and phase = 'verify' and exists (
       select 1 from drover.chunk where id = any ($2::int8[]) and phase = 'data')`,
    [of.runId, again],
  );
  await takeBack(sql, of.runId, text(run, 'state') as Run['state']);
  return again.length;
}

async function whole(
  sql: SqlExecutor,
  runId: number,
  chunks: readonly Unparking[],
): Promise<number[]> {
  const undivided = chunks.filter((chunk) => chunk.parts === null);
  const rows = await sql.query(
    `update drover.chunk set state = $2, generation = generation + 1, attempts = 0,
       due_at = clock_timestamp() + wanted.pause * interval '1 millisecond',
       error_code = null, error_text = null, changed_at = clock_timestamp()
     from unnest($3::int8[], $4::float8[]) as wanted(id, pause)
     where chunk.id = wanted.id and chunk.run_id = $1 and chunk.state = any ($5::text[])
     returning chunk.id`,
    [
      runId,
      stateAfter('unpark'),
      undivided.map((chunk) => chunk.chunkId),
      undivided.map((chunk) => chunk.pausesMs[0] ?? 0),
      statesAllowing('unpark'),
    ],
  );
  return rows.map((row) => number(row, 'id'));
}

async function divided(
  sql: SqlExecutor,
  runId: number,
  chunks: readonly Unparking[],
): Promise<number[]> {
  const parts = chunks.flatMap(({ chunkId, parts: given, pausesMs }) => [
    ...(given?.again ?? []).map((part, index) => ({
      ...part,
      chunkId,
      pauseMs: pausesMs[index] ?? 0,
      parked: false,
    })),
    ...(given?.parked ?? []).map((part) => ({ ...part, chunkId, pauseMs: 0, parked: true })),
  ]);
  if (parts.length === 0) return [];
  const rows = await sql.query(
    `with part as (
       select * from json_to_recordset($2::json)
         as given("chunkId" int8, stream text, range jsonb, "estimatedRows" int8, "pauseMs" float8, parked bool)),
     parent as (
       update drover.chunk set state = $3, changed_at = clock_timestamp()
       where run_id = $1 and state = 'parked' and id in (select "chunkId" from part) returning *)
     insert into drover.chunk (run_id, phase, ordinal, parent_id, origin_id, stream, range, estimated_rows,
       generation, state, attempts, due_at, error_code, error_text)
     select parent.run_id, parent.phase, parent.ordinal, parent.id, parent.origin_id, part.stream, part.range,
       part."estimatedRows", parent.generation + 1,
       case when part.parked then 'parked' else $4 end,
       case when part.parked then parent.attempts else 0 end,
       case when not part.parked then clock_timestamp() + part."pauseMs" * interval '1 millisecond' end,
       case when part.parked then parent.error_code end, case when part.parked then parent.error_text end
     from parent join part on part."chunkId" = parent.id
     returning id, state`,
    [runId, JSON.stringify(parts), stateAfter('split'), stateAfter('unpark')],
  );
  return rows.filter((row) => row['state'] !== 'parked').map((row) => number(row, 'id'));
}

/** The first phase that has work again is the run's, and a run that was done goes on. */
async function takeBack(sql: SqlExecutor, runId: number, state: Run['state']): Promise<void> {
  const reopened = runStatesAllowing('reopen').includes(state);
  if (reopened) {
    const [other] = await sql.query(
      `select other.id from drover.run run join drover.run other
         on other.migration_id = run.migration_id and other.kind = run.kind and other.id <> run.id
           and other.state in ${words(UNFINISHED_RUN_STATES)}
       where run.id = $1`,
      [runId],
    );
    if (other !== undefined) {
      throw new DroverError('RUN_UNFINISHED', {
        message: `Run ${text(other, 'id')} of this migration is unfinished; only one at a time can be.`,
      });
    }
  }
  await sql.query(
    `update drover.run run set state = case when $2::bool then 'running' else state end,
       finished_at = case when not $2::bool then finished_at end,
       phase = (select phase from unnest(run.phases) with ordinality as one(phase, place)
         where place <= array_position(run.phases, run.phase) and (phase = run.phase or exists (
           select 1 from drover.chunk c where c.run_id = run.id and c.phase = one.phase
             and c.state in ${words(UNFINISHED_CHUNK_STATES)}))
         order by place limit 1)
     where id = $1`,
    [runId, reopened],
  );
}

/** Gives up parked chunks for good. */
export async function dropParked(sql: SqlExecutor, chunkIds: readonly number[]): Promise<number> {
  const rows = await sql.query(
    `update drover.chunk set state = '${stateAfter('cancel')}', changed_at = clock_timestamp()
     where id = any ($1::int8[]) and state = 'parked' returning id`,
    [chunkIds],
  );
  return rows.length;
}
