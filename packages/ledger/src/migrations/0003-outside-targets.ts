/** What attempts meant to commit in targets that the ledger does not share, and how far streams are followed. */
export const addOutsideTargets: readonly string[] = [
  `alter table drover.attempt add column intent jsonb`,
  `create index attempt_intent on drover.attempt (chunk_id) where intent is not null`,

  `create table drover.watermark (
     migration_id uuid not null references drover.migration,
     stream text not null,
     watermark text not null,
     run_id bigint not null,
     set_at timestamptz not null default now(),
     primary key (migration_id, stream))`,
];
