import { DroverError } from '@drover/core';
import type { Database } from './database.ts';

/**
 * How far the standbys of this server lag behind in replaying, or on a standby how far it does itself, in
 * milliseconds. null where there is none, where all have replayed everything, and on a standby that is fed
 * from an archive: how much it has not yet received nobody can tell.
 * @throws DroverError PERMISSION_DENIED where the role may not see it.
 */
export async function replicationLagMs(database: Database): Promise<number | null> {
  const [row] = await database.query(
    `select format('grant pg_monitor to %I', current_user) as remedy,
       (select count(*) from pg_stat_replication where state is null) as hidden,
       (select extract(epoch from max(replay_lag)) * 1000 from pg_stat_replication) as downstream,
       case when pg_is_in_recovery() and pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()
         then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000 end as own`,
  );
  if (row?.['hidden'] !== '0') {
    throw new DroverError('PERMISSION_DENIED', {
      message: `${database.where}: the role may not see how far the standbys lag.`,
      hint: `Let a superuser run: ${row?.['remedy']}; or lift the limit.`,
    });
  }
  const lags = [row['downstream'], row['own']].filter((lag) => lag != null).map(Number);
  return lags.length === 0 ? null : Math.max(...lags);
}
