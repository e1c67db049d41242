import {
  DroverError,
  type Run,
  runStatesAllowing,
  type SqlExecutor,
  stateAfter,
  statesAllowing,
  UNFINISHED_CHUNK_STATES,
  UNFINISHED_RUN_STATES,
  type Unparked,
  type Unparking,
} from '@drover/core';
import { number, text, words } from './rows.ts';
import { refuseBesideOthers, unfinishedBeside } from './runs.ts';

/** SQL: the chunks of $2, and those that they are parts of. Begins a statement. */
const LINE = `with recursive line as (
    select id, parent_id from drover.chunk where id = any ($2::int8[])
    union select c.id, c.parent_id from drover.chunk c join line on c.id = line.parent_id)`;

/** Of a migration and a kind, one run at a time is unfinished. Source: migrations/0001-ledger.ts. */
const UNFINISHED_RUN_INDEX = 'run_unfinished';

/** In other states nobody works on a run, and nobody will. */
const LIVING_RUN_STATES = [...UNFINISHED_RUN_STATES, ...runStatesAllowing('reopen')];

/**
 * Tries parked chunks again, whole or in parts, with fresh attempts, and takes the run back to the first
 * phase that has work. What was verified of them is verified again; who is just verifying it loses its token.
 * Chunks of a cancelled run stay parked. Call in a transaction.
 * @throws DroverError RUN_MISSING, RUN_UNFINISHED
 */
export async function unpark(
  sql: SqlExecutor,
  of: { runId: number; chunks: readonly Unparking[]; restMs: number; alone?: boolean },
): Promise<Unparked> {
  // Held to the end: nobody closes a phase meanwhile.
  const [run] = await sql.query(
    `select state, kind, migration_id from drover.run where id = $1 for update`,
    [of.runId],
  );
  if (run === undefined) throw new DroverError('RUN_MISSING');
  const state = text(run, 'state') as Run['state'];
  if (!LIVING_RUN_STATES.includes(state)) return { again: [], parked: [] };
  if (of.alone === true && text(run, 'kind') !== 'verification') {
    await refuseBesideOthers(sql, { migrationId: text(run, 'migration_id'), runId: of.runId });
  }
  const parts = await divided(sql, of);
  const again = [...(await whole(sql, of)), ...parts.again];
  if (again.length === 0) return { again, parked: parts.parked };
  await sql.query(
    `${LINE} update drover.chunk set state = $3, generation = generation + 1, attempts = 0, token = null,
       due_at = null, error_code = null, error_text = null, changed_at = clock_timestamp()
     where origin_id in (select id from line) and run_id = $1 and state = any ($4::text[])`,
    [
      of.runId,
      again,
      stateAfter('regenerate'),
      [...statesAllowing('regenerate'), ...statesAllowing('handBack')],
    ],
  );
  await sql.query(
    `update drover.phase set complete = false
     where run_id = $1 and phase = 'verify' and exists (
       select 1 from drover.chunk where id = any ($2::int8[]) and phase = 'data')`,
    [of.runId, again],
  );
  await takeBack(sql, of.runId, state);
  return { again, parked: parts.parked };
}

interface Wanted {
  readonly runId: number;
  readonly chunks: readonly Unparking[];
  readonly restMs: number;
}

async function whole(sql: SqlExecutor, of: Wanted): Promise<number[]> {
  const undivided = of.chunks.filter((chunk) => chunk.parts === null);
  const rows = await sql.query(
    `update drover.chunk set state = $2, generation = generation + 1, attempts = 0,
       due_at = null, rest_ms = $5, error_code = null, error_text = null, changed_at = clock_timestamp()
     where id = any ($3::int8[]) and run_id = $1 and state = any ($4::text[])
     returning chunk.id`,
    [
      of.runId,
      stateAfter('unpark'),
      undivided.map((chunk) => chunk.chunkId),
      statesAllowing('unpark'),
      of.restMs,
    ],
  );
  return rows.map((row) => number(row, 'id'));
}

async function divided(sql: SqlExecutor, of: Wanted): Promise<Unparked> {
  const parts = of.chunks.flatMap(({ chunkId, parts: given }) => [
    ...(given?.again ?? []).map((part) => ({ ...part, chunkId, parked: false })),
    ...(given?.parked ?? []).map((part) => ({ ...part, chunkId, parked: true })),
  ]);
  if (parts.length === 0) return { again: [], parked: [] };
  const rows = await sql.query(
    `with part as (
       select * from json_to_recordset($2::json)
         as given("chunkId" int8, stream text, range jsonb, "estimatedRows" int8, parked bool)),
     parent as (
       update drover.chunk set state = $3, changed_at = clock_timestamp()
       from (select id, changed_at as parked_at from drover.chunk
             where run_id = $1 and state = 'parked' and id in (select "chunkId" from part) for update) held
       where chunk.id = held.id returning chunk.*, held.parked_at)
     insert into drover.chunk (run_id, phase, ordinal, parent_id, origin_id, stream, range, estimated_rows,
       generation, state, attempts, rest_ms, error_code, error_text, changed_at)
     select parent.run_id, parent.phase, parent.ordinal, parent.id, parent.origin_id, part.stream, part.range,
       part."estimatedRows", parent.generation + 1,
       case when part.parked then 'parked' else $4 end,
       case when part.parked then parent.attempts else 0 end,
       case when part.parked then 0 else $5 end,
       case when part.parked then parent.error_code end, case when part.parked then parent.error_text end,
       -- Since when it is parked stays known.
       case when part.parked then parent.parked_at else clock_timestamp() end
     from parent join part on part."chunkId" = parent.id
     returning id, state`,
    [of.runId, JSON.stringify(parts), stateAfter('split'), stateAfter('unpark'), of.restMs],
  );
  const ids = (parked: boolean) =>
    rows.filter((row) => (row['state'] === 'parked') === parked).map((row) => number(row, 'id'));
  return { again: ids(false), parked: ids(true) };
}

/** The first phase that has work again is the run's, and a run that was done goes on. */
async function takeBack(sql: SqlExecutor, runId: number, state: Run['state']): Promise<void> {
  const reopened = runStatesAllowing('reopen').includes(state);
  if (reopened) await refuseBesideAnother(sql, runId);
  try {
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
  } catch (error) {
    // Somebody opened another one after the look for it.
    if (!(error instanceof DroverError) || error.context['constraint'] !== UNFINISHED_RUN_INDEX)
      throw error;
    throw new DroverError('RUN_UNFINISHED', { cause: error });
  }
}

async function refuseBesideAnother(sql: SqlExecutor, runId: number): Promise<void> {
  const [other] = await sql.query(
    `select other.id from drover.run run join drover.run other
       on other.migration_id = run.migration_id and other.kind = run.kind and other.id <> run.id
         and other.state in ${words(UNFINISHED_RUN_STATES)}
     where run.id = $1`,
    [runId],
  );
  if (other === undefined) return;
  throw unfinishedBeside(number(other, 'id'));
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
