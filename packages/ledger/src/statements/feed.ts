import { type Delivery, type SqlExecutor, stateAfter, statesAllowing } from '@drover/core';
import { number, words } from './rows.ts';

/** Chunks that the queue is meant to know. */
const OUTSTANDING = words(statesAllowing('redeliver'));

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
       select id, phase from drover.run where id = $1 and state = 'running'),
     outstanding as (
       select count(*) as chunks from drover.chunk c join run on c.run_id = run.id and c.phase = run.phase
       where c.state in ${OUTSTANDING}),
     due as (
       select c.id from drover.chunk c join run on c.run_id = run.id and c.phase = run.phase
       where c.state in ${words(statesAllowing('feed'))} and (c.due_at is null or c.due_at <= clock_timestamp())
       order by c.ordinal limit greatest(0, $2 - (select chunks from outstanding))
       for update of c skip locked)
     update drover.chunk set state = '${stateAfter('feed')}', delivery = delivery + 1, changed_at = clock_timestamp()
     from due where chunk.id = due.id
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
    `select c.id, c.delivery from drover.chunk c join drover.run r on r.id = c.run_id and r.phase = c.phase
     where c.run_id = $1 and c.state in ${OUTSTANDING}`,
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
     where chunk.id = lost.id and chunk.delivery = lost.delivery and chunk.state in ${OUTSTANDING}
     returning chunk.id, chunk.run_id, chunk.delivery`,
    [deliveries.map((one) => one.chunkId), deliveries.map((one) => one.delivery)],
  );
  return rows.map((row) => ({
    runId: number(row, 'run_id'),
    chunkId: number(row, 'id'),
    delivery: number(row, 'delivery'),
  }));
}
