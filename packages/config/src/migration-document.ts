import { basename } from 'node:path';
import { DroverError } from '@drover/core';
import {
  type Alias,
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import type { Fault } from './describe-issue.ts';
import type { Environment } from './environment.ts';
import { holdsSecret, interpolate } from './interpolate.ts';
import { describeSyntaxFault } from './syntax-fault.ts';

const PASSWORD_WRITTEN =
  'a password stands in the file; write it as ${NAME} and put it into the environment or a .env file';

export interface Problem {
  /** Where in the text; null for the file as a whole. */
  readonly offset: number | null;
  /** Reason and fix. */
  readonly text: string;
}

/** A parsed migration file that can say where in it something stands. JSON is read as the YAML that it is. */
export class MigrationDocument {
  /** What is wrong with references and secrets; the values are read on regardless, to tell all at once. */
  readonly problems: Problem[] = [];
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;
  /** Scalars as they stood in the file, by their offset: what a reference stood for is never quoted. */
  readonly #written = new Map<number, { readonly text: string; readonly value: string }>();

  /** @throws DroverError FILE_INVALID with a line for each error of syntax. */
  constructor(path: string, text: string) {
    this.#path = path;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const faults = [...this.#document.errors, ...this.#document.warnings];
    if (faults.length > 0) {
      throw this.invalid(
        faults.map((fault) => ({ offset: fault.pos[0], text: describeSyntaxFault(fault) })),
      );
    }
  }

  /** The values, references resolved. Keys are taken as they stand. */
  resolve(environment: Environment): unknown {
    visit(this.#document, {
      Alias: (key, node, path) => this.#checkAlias(node, keyName(key, path)),
      Scalar: (key, node, path) => {
        if (key !== 'key') this.#resolveScalar(node, keyName(key, path), environment);
      },
    });
    try {
      return this.#document.toJS();
    } catch (error) {
      const text = 'aliases (*name) cannot be resolved; write their values out';
      throw this.invalid(
        this.problems.length > 0 ? this.problems : [{ offset: null, text }],
        error,
      );
    }
  }

  /** A fault as a problem at its place; null where the value has a worse one already. */
  problemOf({ path, text }: Fault): Problem | null {
    const node: unknown = path.length === 0 ? null : this.#document.getIn(path, true);
    const start = isNode(node) ? (node.range?.[0] ?? null) : null;
    if (start !== null && this.problems.some(({ offset }) => offset === start)) return null;
    const reason = this.#unresolved(start, text);
    return { offset: this.offsetOf(path), text: `${nameOf(path)} ${reason}`.trimStart() };
  }

  /** Where a path stands, or the closest of what is around it. */
  offsetOf(path: readonly PropertyKey[]): number | null {
    for (let length = path.length; length >= 0; length -= 1) {
      const start = this.#startOf(path.slice(0, length));
      if (start !== null) return start;
    }
    return null;
  }

  /** A problem of a text that stands somewhere as a value. */
  problemOfValue(value: string, text: string): Problem {
    let offset: number | null = null;
    visit(this.#document, {
      Scalar: (key, node) => {
        if (key === 'key' || node.value !== value) return;
        offset = node.range?.[0] ?? null;
        return visit.BREAK;
      },
    });
    return { offset, text: this.#unresolved(offset, text) };
  }

  invalid(problems: readonly Problem[], cause?: unknown): DroverError {
    const lines = [...problems]
      .sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1))
      .map(({ offset, text }) => `${this.#place(offset)} ${text}`);
    return new DroverError('FILE_INVALID', {
      message: [...new Set(lines)].join('\n'),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #resolveScalar(node: Scalar, name: string | undefined, environment: Environment): void {
    const offset = node.range?.[0] ?? null;
    const complain = (text: string) => this.problems.push({ offset, text });
    if (node.value === null) return;
    const text = node.source ?? '';
    if (holdsSecret(name, typeof node.value === 'string' ? node.value : text)) {
      complain(PASSWORD_WRITTEN);
      return;
    }
    if (typeof node.value === 'number' && text !== String(node.value)) {
      complain(
        `${text} is read as the number ${node.value}; write it so, or in quotes where it is a name`,
      );
    }
    if (typeof node.value !== 'string') return;
    const written = node.value;
    node.value = interpolate(written, environment, complain);
    if (offset !== null && node.value !== written) {
      this.#written.set(offset, { text: written, value: String(node.value) });
    }
  }

  #checkAlias(alias: Alias, name: string | undefined): void {
    const offset = alias.range?.[0] ?? null;
    const node = alias.resolve(this.#document);
    if (node === undefined) {
      const text = `nothing before it is marked &${alias.source}; write the value out, or put it into quotes`;
      this.problems.push({ offset, text });
    } else if (name === 'password' && isScalar(node)) {
      const written = this.#written.get(node.range?.[0] ?? -1)?.text ?? String(node.value);
      if (holdsSecret(name, written)) this.problems.push({ offset, text: PASSWORD_WRITTEN });
    }
  }

  /** A message about the scalar at `offset`, with its references in place of what they stand for. */
  #unresolved(offset: number | null, text: string): string {
    const written = offset === null ? undefined : this.#written.get(offset);
    return written === undefined ? text : text.replaceAll(written.value, () => written.text);
  }

  /** Where a key stands, or the value of a list's element; null where the file has none of that path. */
  #startOf(path: readonly PropertyKey[]): number | null {
    const parent: unknown =
      path.length === 0 ? null : this.#document.getIn(path.slice(0, -1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === path.at(-1),
      );
      return isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
    }
    const node: unknown =
      path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    return isNode(node) ? (node.range?.[0] ?? null) : null;
  }

  #place(offset: number | null): string {
    const { line, col } = this.#lines.linePos(offset ?? 0);
    return `${basename(this.#path)}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  }
}

/** The key under which a value stands, also that of the list that it stands in. */
function keyName(key: unknown, ancestors: readonly unknown[]): string | undefined {
  const pair = key === 'value' ? ancestors.at(-1) : ancestors.findLast((one) => isPair(one));
  return isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : undefined;
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return `${text}${text === '' ? '' : '.'}${String(part)}`;
  }, '');
}
