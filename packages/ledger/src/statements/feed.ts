import { type Delivery, type SqlExecutor, stateAfter, statesAllowing } from '@drover/core';
import { number, words } from './rows.ts';

/**
 * Chunks that the queue is meant to know. One equality for each state: with a list of them Postgres walks
 * over every unfinished chunk of the run, which may be a million.
 */
const OUTSTANDING = statesAllowing('redeliver').map((state) => `c.state = '${state}'`);
/** Needs a CTE `run` of the running run: as a constant, not a join, so that the index gives the order. */
const RUNNING_PHASE = 'c.run_id = $1 and c.phase = (select phase from run)';
const PRESENT_PHASE = 'c.run_id = $1 and c.phase = (select phase from drover.run where id = $1)';

/**
 * Takes due planned chunks, in order, until `depth` of the run's phase are queued or running. Two feeders
 * at once take different ones.
 */
export async function feed(
  sql: SqlExecutor,
  of: { runId: number; depth: number },
): Promise<readonly Delivery[]> {
  const rows = await sql.query(
    `with run as (
       select phase from drover.run where id = $1 and state = 'running'),
     outstanding as (
       select ${OUTSTANDING.map(
         (inState) => `(select count(*) from drover.chunk c where ${RUNNING_PHASE} and ${inState})`,
       ).join(' + ')} as chunks),
     due as (
       select c.id from drover.chunk c
       where ${RUNNING_PHASE} and c.state in ${words(statesAllowing('feed'))} and (c.due_at is null or c.due_at <= clock_timestamp())
       order by c.ordinal limit greatest(0, $2 - (select chunks from outstanding))
       for update of c skip locked)
     update drover.chunk set state = '${stateAfter('feed')}', delivery = delivery + 1, changed_at = clock_timestamp()
     where id = any (array(select id from due))
     returning chunk.id, chunk.run_id, chunk.delivery, chunk.ordinal`,
    [of.runId, of.depth],
  );
  return [...rows]
    .sort((a, b) => number(a, 'ordinal') - number(b, 'ordinal'))
    .map((row) => ({
      runId: number(row, 'run_id'),
      chunkId: number(row, 'id'),
      delivery: number(row, 'delivery'),
    }));
}

export async function readOutstanding(
  sql: SqlExecutor,
  runId: number,
): Promise<readonly Delivery[]> {
  const rows = await sql.query(
    OUTSTANDING.map(
      (inState) =>
        `select c.id, c.delivery from drover.chunk c where ${PRESENT_PHASE} and ${inState}`,
    ).join(' union all '),
    [runId],
  );
  return rows.map((row) => ({
    runId,
    chunkId: number(row, 'id'),
    delivery: number(row, 'delivery'),
  }));
}

/** Offers chunks again whose delivery is still the one given; others were taken care of meanwhile. */
export async function redeliver(
  sql: SqlExecutor,
  deliveries: readonly Delivery[],
): Promise<readonly Delivery[]> {
  const rows = await sql.query(
    `update drover.chunk set state = '${stateAfter('redeliver')}', delivery = chunk.delivery + 1, changed_at = clock_timestamp()
     from unnest($1::int8[], $2::int8[]) as lost(id, delivery)
     where chunk.id = lost.id and chunk.delivery = lost.delivery and chunk.state in ${words(statesAllowing('redeliver'))}
     returning chunk.id, chunk.run_id, chunk.delivery`,
    [deliveries.map((one) => one.chunkId), deliveries.map((one) => one.delivery)],
  );
  return rows.map((row) => ({
    runId: number(row, 'run_id'),
    chunkId: number(row, 'id'),
    delivery: number(row, 'delivery'),
  }));
}
