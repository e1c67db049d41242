import {
  CHUNK_STATES,
  RUN_STATES,
  UNFINISHED_CHUNK_STATES,
  UNFINISHED_RUN_STATES,
} from '@drover/core';
import { words } from '../statements/rows.ts';

/** The first form of the ledger. A migration is never changed once released; a new one is added. */
export const createLedger: readonly string[] = [
  `create table drover.migration (
     id uuid primary key,
     name text not null unique,
     pipeline text not null,
     created_at timestamptz not null default now())`,

  `create table drover.cutoff (
     migration_id uuid not null references drover.migration,
     entity text not null,
     cutoff text not null,
     set_at timestamptz not null default now(),
     primary key (migration_id, entity))`,

  `create table drover.run (
     id bigint generated always as identity primary key,
     migration_id uuid not null references drover.migration,
     kind text not null,
     state text not null check (state in ${words(RUN_STATES)}),
     phases text[] not null,
     phase text not null,
     round int not null default 1,
     file_text text not null,
     file_hash text not null,
     options jsonb not null,
     anchor jsonb not null,
     error_code text,
     created_at timestamptz not null default now(),
     finished_at timestamptz)`,
  `create unique index run_unfinished on drover.run (migration_id, kind)
     where state in ${words(UNFINISHED_RUN_STATES)}`,

  `create table drover.phase (
     run_id bigint not null references drover.run,
     phase text not null,
     planned bigint not null default 0,
     complete boolean not null default false,
     primary key (run_id, phase))`,

  `create table drover.chunk (
     id bigint generated always as identity primary key,
     run_id bigint not null,
     phase text not null,
     ordinal bigint not null,
     parent_id bigint,
     origin_id bigint,
     stream text not null,
     range jsonb not null,
     estimated_rows bigint not null,
     state text not null default 'planned' check (state in ${words(CHUNK_STATES)}),
     generation int not null default 1,
     delivery int not null default 0,
     attempts int not null default 0,
     token uuid,
     due_at timestamptz,
     read bigint not null default 0,
     loaded bigint not null default 0,
     rejected bigint not null default 0,
     skipped bigint not null default 0,
     nulled bigint not null default 0,
     written bigint not null default 0,
     bytes_read bigint not null default 0,
     bytes_written bigint not null default 0,
     error_code text,
     error_text text,
     changed_at timestamptz not null default now())`,
  `create unique index chunk_root on drover.chunk (run_id, phase, ordinal) where parent_id is null`,
  `create index chunk_unfinished on drover.chunk (run_id, phase, state, ordinal)
     where state in ${words(UNFINISHED_CHUNK_STATES)}`,
  `create index chunk_parent on drover.chunk (parent_id) where parent_id is not null`,

  `create table drover.progress (
     run_id bigint primary key,
     counted_at timestamptz not null,
     took_ms double precision not null,
     progress jsonb not null)`,

  `create table drover.attempt (
     id bigint generated always as identity primary key,
     run_id bigint not null,
     chunk_id bigint not null,
     generation int not null,
     delivery int not null,
     token uuid not null unique,
     application_name text not null,
     worker_id text not null,
     host text not null,
     pid int not null,
     started_at timestamptz not null default clock_timestamp(),
     ended_at timestamptz,
     outcome text,
     error_code text,
     receipt jsonb,
     verdict jsonb)`,
  `create index attempt_chunk on drover.attempt (chunk_id)`,
  `create index attempt_recent on drover.attempt (run_id, ended_at)`,

  `create table drover.reject (
     id bigint generated always as identity primary key,
     run_id bigint not null,
     chunk_id bigint not null,
     token uuid not null,
     key jsonb not null,
     rule text not null,
     column_name text,
     reason text not null,
     rows bigint not null,
     row_data jsonb,
     created_at timestamptz not null default now())`,
  `create index reject_chunk on drover.reject (chunk_id)`,
  `create index reject_run on drover.reject (run_id)`,

  `create table drover.difference (
     id bigint generated always as identity primary key,
     run_id bigint not null,
     chunk_id bigint not null,
     key jsonb not null,
     kind text not null,
     stale boolean not null,
     source_value text,
     target_value text)`,
  `create index difference_chunk on drover.difference (chunk_id)`,
  `create index difference_run on drover.difference (run_id)`,

  `create table drover.lease (
     name text primary key,
     owner text not null,
     expires_at timestamptz not null)`,

  `create table drover.worker (
     id text primary key,
     migration_id uuid not null,
     host text not null,
     pid int not null,
     concurrency int not null,
     rss_bytes bigint not null,
     connections int not null,
     activity jsonb not null,
     seen_at timestamptz not null default clock_timestamp())`,
];
