/** Parked chunks and rejects that are tried again, what workers wait for, limits set while a run goes on. */
export const addReprocessing: readonly string[] = [
  `alter table drover.chunk add column rest_ms int not null default 0`,
  `create index chunk_parked on drover.chunk (run_id) where state = 'parked'`,
  `create index chunk_origin on drover.chunk (origin_id) where origin_id is not null`,

  `alter table drover.attempt add column error_text text, add column rows bigint, add column bytes bigint`,

  `alter table drover.reject add column closed_at timestamptz, add column replay_run bigint,
     add column replay_ordinal bigint`,
  `create index reject_replay on drover.reject (replay_run) where replay_run is not null`,

  `alter table drover.worker add column waits_for jsonb not null default '[]'`,

  `create table drover.throttle (
     migration_id uuid primary key references drover.migration,
     settings jsonb not null,
     last_turn timestamptz,
     held text,
     measured_at timestamptz,
     changed_at timestamptz not null default clock_timestamp())`,
];
