import type { SqlExecutor } from '@drover/core';

/** A try at a chunk that has not ended, as far as the ledger knows. */
export interface OpenAttempt {
  readonly chunkId: number;
  readonly phase: string;
  readonly delivery: number;
  /** Of the worker. */
  readonly pid: number;
}

/** How far the newest run is. */
export interface Progress {
  readonly runId: number;
  readonly state: string;
  readonly phase: string;
  readonly round: number;
  readonly errorCode: string | null;
  /** Chunks of the present phase that are not done. */
  readonly left: number;
  /** Attempts of the run that settled their chunk. */
  readonly settled: number;
  readonly attempts: readonly OpenAttempt[];
}

/** null where there is no run yet. */
export async function readProgress(sql: SqlExecutor): Promise<Progress | null> {
  const [ledger] = await sql.query(`select to_regclass('drover.worker') is not null as installed`);
  if (ledger?.['installed'] !== 't') return null;
  const [run] = await sql.query(
    `select r.id, r.state, r.phase, r.round, r.error_code,
       (select count(*) from drover.chunk c where c.run_id = r.id and c.phase = r.phase
          and c.state in ('planned', 'queued', 'running')) as left,
       (select count(*) from drover.attempt a where a.run_id = r.id and a.outcome = 'done') as settled,
       (select coalesce(json_agg(json_build_object('chunkId', c.id, 'phase', c.phase,
            'delivery', a.delivery, 'pid', a.pid) order by a.id), '[]')
          from drover.attempt a join drover.chunk c on c.token = a.token
          where c.run_id = r.id and c.state = 'running') as attempts
     from drover.run r order by r.id desc limit 1`,
  );
  if (run === undefined) return null;
  return {
    runId: Number(run['id']),
    state: run['state'] ?? '',
    phase: run['phase'] ?? '',
    round: Number(run['round']),
    errorCode: run['error_code'] ?? null,
    left: Number(run['left']),
    settled: Number(run['settled']),
    attempts: JSON.parse(run['attempts'] ?? '[]') as OpenAttempt[],
  };
}
