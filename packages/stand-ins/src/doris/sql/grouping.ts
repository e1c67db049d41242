import type { Row, Value } from '../store.ts';
import { type Aggregate, aggregate, type Gathering, isAggregate, keyOf } from './aggregates.ts';
import { type Compiled, computed } from './compiled.ts';
import { compile, type Scope } from './evaluate.ts';
import { refused } from './sql-error.ts';
import type { Expression } from './syntax.ts';

interface Group {
  readonly keys: readonly Value[];
  readonly gatherings: readonly Gathering[];
}

/**
 * Gathers rows into groups. What is compiled with its `scope` before the first row reads the group's own
 * row: first the keys, then the results of the aggregates that were met while compiling.
 */
export class Grouping {
  readonly scope: Scope;
  readonly #base: Scope;
  readonly #keys: readonly { readonly print: string; readonly compiled: Compiled }[];
  readonly #aggregates = new Map<
    string,
    { readonly slot: number; readonly aggregate: Aggregate }
  >();
  readonly #groups = new Map<string, Group>();

  constructor(keys: readonly Expression[], base: Scope) {
    this.#base = base;
    this.#keys = keys.map((key) => ({ print: fingerprint(key), compiled: compile(key, base) }));
    this.scope = {
      ...base,
      column: (_qualifier, name) => {
        throw refused(
          `'${name}' must appear in the GROUP BY clause or be used in an aggregate function`,
        );
      },
      intercept: (expression) => this.#intercept(expression),
    };
  }

  add(row: Row): void {
    const keys = this.#keys.map(({ compiled }) => compiled.run(row));
    const group = this.#groupOf(keys);
    for (const gathering of group.gatherings) gathering.add(row);
  }

  /** One row a group; without keys one row in any case. */
  rows(): readonly Row[] {
    if (this.#keys.length === 0) this.#groupOf([]);
    return [...this.#groups.values()].map(({ keys, gatherings }) => [
      ...keys,
      ...gatherings.map((gathering) => gathering.result()),
    ]);
  }

  #groupOf(keys: readonly Value[]): Group {
    const id = keyOf(keys);
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const gatherings = [...this.#aggregates.values()].map((one) => one.aggregate.start());
    const group = { keys, gatherings };
    this.#groups.set(id, group);
    return group;
  }

  #intercept(expression: Expression): Compiled | undefined {
    const print = fingerprint(expression);
    const key = this.#keys.findIndex((one) => one.print === print);
    const found = this.#keys[key];
    if (found !== undefined) return computed(found.compiled.type, (row) => row[key] ?? null);
    if (expression.kind !== 'call' || !isAggregate(expression.name)) return undefined;
    const { slot, aggregate: known } =
      this.#aggregates.get(print) ?? this.#register(print, expression);
    return computed(known.type, (row) => row[slot] ?? null);
  }

  #register(print: string, { name, args, distinct }: Extract<Expression, { kind: 'call' }>) {
    const compiled = args === '*' ? args : args.map((argument) => compile(argument, this.#base));
    const one = {
      slot: this.#keys.length + this.#aggregates.size,
      aggregate: aggregate(name, compiled, distinct),
    };
    this.#aggregates.set(print, one);
    return one;
  }
}

/** Whether the expression or a part of it is such a one. */
export function mentions(expression: Expression, such: (one: Expression) => boolean): boolean {
  return such(expression) || partsOf(expression).some((part) => mentions(part, such));
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'column':
    case 'variable':
      return [];
    case 'not':
    case 'negate':
    case 'is-null':
    case 'cast':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'in':
      return [expression.operand, ...expression.list];
    case 'like':
      return [expression.operand, expression.pattern];
    case 'case':
      return [
        ...expression.branches.flatMap(({ when, value }) => [when, value]),
        expression.otherwise,
      ];
    case 'call':
      return expression.args === '*' ? [] : expression.args;
    case 'tuple':
      return expression.items;
  }
}

/** The same for two writings of one expression: names without case and qualifier. */
function fingerprint(expression: Expression): string {
  return JSON.stringify(expression, (key, value: unknown) => {
    if (key === 'qualifier') return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    return key === 'name' && typeof value === 'string' ? value.toLowerCase() : value;
  });
}
