import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { DroverError, type MigrationSpec, type PipelineDefinition } from '@drover/core';
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { readEnvironment } from './environment.ts';
import { holdsSecret, interpolate } from './interpolate.ts';

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

interface Problem {
  readonly offset: number | null;
  readonly text: string;
}

/**
 * Reads a migration file (YAML or JSON), the `.env` beside it and the list files that it names.
 * @throws DroverError FILE_INVALID; its message has one line per error: file, line, column, reason.
 */
export async function loadMigration(
  path: string,
  loadPipeline: (kind: string) => Promise<PipelineDefinition>,
): Promise<LoadedMigration> {
  const text = readText(path, 'migration file');
  const reader = new FileReader(path, text);
  const value = reader.values(readEnvironment(dirname(path)));
  const kind = (value as { pipeline?: unknown } | null)?.pipeline;
  if (typeof kind !== 'string') {
    throw reader.invalid([
      { offset: null, text: 'pipeline: is missing; write for example `pipeline: pivot`' },
    ]);
  }
  const definition = await loadPipeline(kind).catch((error: unknown) => {
    if (!(error instanceof DroverError)) throw error;
    throw reader.invalid(
      [{ offset: reader.offsetOf(['pipeline']), text: `pipeline: ${error.message}` }],
      error.hint,
    );
  });
  const parsed = definition.schema.safeParse(value);
  if (!parsed.success)
    throw reader.invalid(parsed.error.issues.flatMap((issue) => reader.problemsOf(issue)));
  const spec = parsed.data;
  const lists = new Map(
    definition
      .listFiles(spec)
      .map((name) => [name, readText(resolve(dirname(path), name), 'channel list')]),
  );
  return { definition, spec, lists, path, text, hash: hashOf(text, lists) };
}

/** A parsed file that can say where in it something stands. */
class FileReader {
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const errors = this.#document.errors.map((error) => ({
      offset: error.pos[0],
      text: error.message,
    }));
    if (errors.length > 0) throw this.invalid(errors);
  }

  /** The file's values with references to the environment resolved. */
  values(environment: Readonly<Record<string, string | undefined>>): unknown {
    const problems: Problem[] = [];
    visit(this.#document, {
      Pair: (_, pair) => {
        const { key, value } = pair;
        if (!isScalar(value) || typeof value.value !== 'string') return;
        const name = isScalar(key) ? String(key.value) : undefined;
        if (!holdsSecret(name, value.value)) return;
        problems.push({
          offset: value.range?.[0] ?? null,
          text: `${name}: a password stands in the file; write it as \${NAME} and put it into the environment or a .env file`,
        });
      },
      Scalar: (_, node) => {
        if (typeof node.value !== 'string') return;
        node.value = interpolate(node.value, environment, (name) => {
          problems.push({
            offset: node.range?.[0] ?? null,
            text: `the environment has no ${name}; set it, or write it into a .env file beside the migration file`,
          });
        });
      },
    });
    if (problems.length > 0) throw this.invalid(problems);
    return this.#document.toJS();
  }

  /** A schema's complaint, once per fault: that of a union is the one of the branch that came closest. */
  problemsOf(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[] = []): Problem[] {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const depth = (issues: readonly z.core.$ZodIssue[]) =>
        Math.max(...issues.map((one) => one.path.length));
      const closest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
      if (depth(closest) > 0 || issue.errors.length === 1) {
        return closest.flatMap((inner) => this.problemsOf(inner, path));
      }
      const wanted = issue.errors.flat().map((inner) => inner.message);
      return [this.#problem(path, [...new Set(wanted)].join('; or: '))];
    }
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => this.#problem([...path, key], 'is not a setting'));
    }
    return [this.#problem(path, issue.message)];
  }

  offsetOf(path: readonly PropertyKey[]): number | null {
    for (let length = path.length; length >= 0; length -= 1) {
      const start = this.#startOf(path.slice(0, length));
      if (start !== null) return start;
    }
    return null;
  }

  invalid(problems: readonly Problem[], hint?: string): DroverError {
    const lines = [...problems]
      .sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1))
      .map(({ offset, text }) => `${this.#place(offset)} ${text}`);
    return new DroverError('FILE_INVALID', {
      message: lines.join('\n'),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #problem(path: readonly PropertyKey[], reason: string): Problem {
    const name = path.reduce<string>(
      (text, part) =>
        typeof part === 'number'
          ? `${text}[${part}]`
          : `${text}${text === '' ? '' : '.'}${String(part)}`,
      '',
    );
    return { offset: this.offsetOf(path), text: name === '' ? reason : `${name}: ${reason}` };
  }

  /** Where a key stands, or the value of a list's element; null where the file has none of that path. */
  #startOf(path: readonly PropertyKey[]): number | null {
    const parent: unknown =
      path.length === 0 ? null : this.#document.getIn(path.slice(0, -1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => isScalar(item.key) && item.key.value === path.at(-1),
      );
      return isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
    }
    const node: unknown =
      path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    return isNode(node) ? (node.range?.[0] ?? null) : null;
  }

  #place(offset: number | null): string {
    const name = basename(this.#path);
    if (offset === null) return `${name}:`;
    const { line, col } = this.#lines.linePos(offset);
    return `${name}:${line}:${col}`;
  }
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new DroverError('FILE_INVALID', {
      message: `The ${what} ${path} cannot be read (${reason}).`,
      hint: 'Give the right path.',
      cause: error,
    });
  }
}

function hashOf(text: string, lists: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256').update(text);
  for (const [name, content] of lists) hash.update('\0').update(name).update('\0').update(content);
  return hash.digest('hex');
}
