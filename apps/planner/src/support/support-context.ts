import { basename, extname } from 'node:path';
import { type LoadedMigration, loadMigration, readTextFile } from '@drover/config';
import { DroverError } from '@drover/core';
import { loadPipeline } from '@drover/pipelines';
import {
  type MigrationRecord,
  type MigrationView,
  neededLedger,
  viewMigration,
} from '../migration-context.ts';
import { attempt, needed, type Outcome } from './outcome.ts';

export interface SupportOptions {
  readonly file: string;
  /** Folder of the log files; `none` for none. */
  readonly logs: string;
  readonly reports: string;
}

/** What the sections are filled from. What is not to be had throws why when it is asked for. */
export interface SupportContext extends SupportOptions {
  readonly madeAt: Date;
  /** The migration file as it stands on disk, were it ever so wrong. */
  fileText(): string;
  loaded(): LoadedMigration;
  view(): MigrationView;
  record(): MigrationRecord;
  /** The migration's name where it is known, else that of its file. */
  readonly name: string;
  /** Something was given up that may still go on. */
  readonly late: boolean;
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** Reads the file and opens the stores, as far as that goes. */
export async function openSupportContext(
  options: SupportOptions,
  limitMs: number,
): Promise<SupportContext> {
  const loaded = await attempt(limitMs, () => loadMigration(options.file, loadPipeline));
  const view: Outcome<MigrationView> =
    'error' in loaded ? loaded : await attempt(limitMs, () => viewMigration(options.file));
  return {
    ...options,
    madeAt: new Date(),
    fileText: () => fileText(options.file),
    loaded: () => needed(loaded),
    view: () => needed(view),
    record: () => neededLedger(needed(view)),
    name: 'value' in loaded ? loaded.value.spec.name : nameOfFile(options.file),
    late: 'late' in view && view.late,
    async close() {
      if ('value' in view) await view.value[Symbol.asyncDispose]();
    },
  };
}

function fileText(path: string): string {
  const file = readTextFile(path);
  if ('text' in file) return file.text;
  throw new DroverError('FILE_INVALID', {
    message: `The migration file ${path} ${file.fault}.`,
    hint: `Call again with -f: ${file.fix}.`,
    cause: file.cause,
  });
}

function nameOfFile(path: string): string {
  return basename(path, extname(path)).replaceAll(/[^A-Za-z0-9_-]/g, '-');
}
