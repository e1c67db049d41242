import type { Reject, SqlExecutor } from '@drover/core';
import { misfitCondition } from './copy-statement.ts';
import { keyList } from './key-list.ts';
import { targetIdentifier } from './names.ts';
import { relationOf } from './source-table.ts';
import type { TablePlan } from './table-plan.ts';
import { targetLiteral } from './target-literal.ts';
import type { TargetSql } from './target-sql.ts';

/** Rejects that are looked up at a time. */
const KEYS_PER_LOOKUP = 1_000;

/**
 * Keys of rows that were set aside and of which the target has an earlier state, as texts that a load takes. In
 * batches. A row whose key itself does not fit cannot be in the target.
 */
export async function* rejectedKeys(
  { source, target }: { readonly source: SqlExecutor; readonly target: TargetSql },
  plan: TablePlan,
  rejects: readonly Reject[],
): AsyncGenerator<readonly (readonly string[])[]> {
  const named = rejects.flatMap(({ key }) => textsOf(key));
  for (let at = 0; at < named.length; at += KEYS_PER_LOOKUP) {
    const sent = await sentKeys(source, plan, named.slice(at, at + KEYS_PER_LOOKUP));
    const there = await presentKeys(target, plan, [...sent.values()]);
    const keys = [...sent].flatMap(([canonical, key]) => (there.has(canonical) ? [key] : []));
    if (keys.length > 0) yield keys;
  }
}

function textsOf(key: Reject['key']): Record<string, string>[] {
  const texts = Object.entries(key).filter(
    (one): one is [string, string] => typeof one[1] === 'string',
  );
  return texts.length < Object.keys(key).length ? [] : [Object.fromEntries(texts)];
}

/** What is sent of each key, by the text that both databases have of it. */
async function sentKeys(
  source: SqlExecutor,
  plan: TablePlan,
  keys: readonly Readonly<Record<string, string>>[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const texts = plan.key.flatMap(({ value, canonical }, index) => [
    `(${value})::text as v${index}`,
    `(${canonical?.source ?? value})::text as c${index}`,
  ]);
  const misfit = misfitCondition(plan, plan.key);
  const fits = misfit === null ? '' : ` and not (${misfit})`;
  const rows = await source.query(
    `select ${texts.join(', ')} from ${relationOf(plan.source)} s where ${keyList(plan.source, keys)}${fits}`,
  );
  return new Map(
    rows.map((row) => [
      JSON.stringify(plan.key.map((_, index) => row[`c${index}`])),
      plan.key.map((_, index) => row[`v${index}`] ?? ''),
    ]),
  );
}

async function presentKeys(
  target: TargetSql,
  plan: TablePlan,
  keys: readonly (readonly string[])[],
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const names = plan.key.map(({ name }) => `t.${targetIdentifier(name)}`);
  const texts = plan.key.map(
    ({ canonical }, index) => `${canonical?.target ?? names[index]} AS c${index}`,
  );
  // Compared as Doris compares a column with a text: what it finds too much, the texts tell.
  const wanted = keys.map((key) =>
    names.map((name, index) => `${name} = ${targetLiteral(key[index] ?? '')}`).join(' AND '),
  );
  const rows = await target.query(
    `SELECT ${texts.join(', ')} FROM ${targetIdentifier(plan.database)}.${targetIdentifier(plan.table)} t
     WHERE ${wanted.map((one) => `(${one})`).join(' OR ')}`,
  );
  return new Set(rows.map((row) => JSON.stringify(plan.key.map((_, index) => row[`c${index}`]))));
}
