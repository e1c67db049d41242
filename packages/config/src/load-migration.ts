import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { DroverError, type MigrationSpec, type PipelineDefinition } from '@drover/core';
import { readValue } from './describe-issue.ts';
import { readEnvironment } from './environment.ts';
import { MigrationDocument, type Problem } from './migration-document.ts';
import { readTextFile } from './read-text.ts';

export interface LoadedMigration {
  readonly definition: PipelineDefinition;
  readonly spec: MigrationSpec;
  /** Contents of the list files, by the names that the file gives them. */
  readonly lists: ReadonlyMap<string, string>;
  readonly path: string;
  /** As written: references to secrets are not resolved in it. */
  readonly text: string;
  /** Of the file and its lists; equal on every machine that has the same ones. */
  readonly hash: string;
}

/**
 * Reads a migration file (YAML or JSON), the `.env` beside it and the list files that it names.
 * @throws DroverError FILE_INVALID; its message has one line per error: file, line, column, reason
 * and fix. It quotes nothing that came from the environment.
 */
export async function loadMigration(
  path: string,
  loadPipeline: (kind: string) => Promise<PipelineDefinition>,
): Promise<LoadedMigration> {
  const file = readTextFile(path);
  if (!('text' in file)) {
    throw new DroverError('FILE_INVALID', {
      message: `The migration file ${path} ${file.fault}.`,
      hint: `${file.fix.replace(/^./, (letter) => letter.toUpperCase())}.`,
      cause: file.cause,
    });
  }
  const document = new MigrationDocument(path, file.text);
  const value = document.resolve(readEnvironment(dirname(path)));
  const definition = await findPipeline(document, value, loadPipeline);
  const spec = readSpec(document, value, definition);
  const lists = readLists(document, dirname(path), definition.listFiles(spec));
  return { definition, spec, lists, path, text: file.text, hash: hashOf(file.text, lists) };
}

async function findPipeline(
  document: MigrationDocument,
  value: unknown,
  loadPipeline: (kind: string) => Promise<PipelineDefinition>,
): Promise<PipelineDefinition> {
  const refuse = (text: string, cause?: unknown) =>
    document.invalid(
      [...document.problems, { offset: document.offsetOf(['pipeline']), text }],
      cause,
    );
  if (value === null) throw refuse('the file is empty; begin with name: and pipeline: pivot');
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw refuse('the file should be a group of settings; begin with name: and pipeline: pivot');
  }
  const kind: unknown = 'pipeline' in value ? value.pipeline : undefined;
  if (kind === undefined || kind === null) {
    throw refuse('pipeline is missing; write for example pipeline: pivot');
  }
  if (typeof kind !== 'string') {
    throw refuse('pipeline should be a word; write for example pipeline: pivot');
  }
  return loadPipeline(kind).catch((error: unknown) => {
    if (!(error instanceof DroverError)) throw error;
    const text = `is not known: ${error.message} ${error.hint}`;
    const problem = document.problemOf({ path: ['pipeline'], text });
    throw document.invalid([...document.problems, ...(problem === null ? [] : [problem])], error);
  });
}

function readSpec(
  document: MigrationDocument,
  value: unknown,
  { schema }: PipelineDefinition,
): MigrationSpec {
  const read = readValue(schema, value);
  const faults = 'faults' in read ? read.faults : [];
  const problems = faults.flatMap((fault) => document.problemOf(fault) ?? []);
  if ('data' in read && document.problems.length === 0) return read.data;
  throw document.invalid([...document.problems, ...problems]);
}

function readLists(
  document: MigrationDocument,
  folder: string,
  names: readonly string[],
): ReadonlyMap<string, string> {
  const lists = new Map<string, string>();
  const problems: Problem[] = [];
  let cause: unknown;
  for (const name of names) {
    const file = readTextFile(resolve(folder, name));
    if ('text' in file) {
      lists.set(name, file.text);
      continue;
    }
    cause = file.cause;
    const text = `the list ${name} ${file.fault}; ${file.fix}`;
    problems.push(document.problemOfValue(name, text));
  }
  if (problems.length > 0) throw document.invalid(problems, cause);
  return lists;
}

function hashOf(text: string, lists: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256').update(text);
  for (const [name, content] of lists) hash.update('\0').update(name).update('\0').update(content);
  return hash.digest('hex');
}
