import { DroverError, type Finding } from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';
import { guarded } from '../../check/guarded.ts';
import { exceptionOf } from '../anchor.ts';
import { listed } from '../choose-tables.ts';
import type { WarehouseParts } from '../parts.ts';
import { relationOf, type SourceColumn } from '../source-table.ts';
import type { TablePlan } from '../table-plan.ts';
import { readHorizon } from '../watermark.ts';

/** How long one table is looked at for rows without a watermark. */
const COUNT_MS = 10_000;

/** Whether `drover sync` can follow the tables for which the file asks it to. */
export async function* checkFollowing(
  parts: WarehouseParts,
  plans: readonly TablePlan[],
): AsyncGenerator<Finding> {
  const told = new Set<string>();
  const watched: string[] = [];
  for (const plan of plans) {
    const exception = exceptionOf(parts, plan);
    if (plan.key.length === 0) {
      yield withoutKey(plan);
      continue;
    }
    const column = plan.source.columns.find(({ name }) => name === exception?.watermark);
    if (column === undefined || plan.source.access !== 'granted') continue;
    watched.push(`${plan.stream}.${column.name}`);
    for await (const finding of guarded(plan.stream, checkWatermark(parts, plan, column))) {
      // What is said of the server is the same for each table.
      if (told.has(finding.reason)) continue;
      told.add(finding.reason);
      yield finding;
    }
    if (exception?.deletedWhen === undefined && exception?.sweepDeletes !== true) {
      yield deletesUnseen(plan);
    }
  }
  if (watched.length === 0) return;
  yield {
    level: 'info',
    rule: 'watermark-trusted',
    subject: 'sync',
    reason: `nobody can tell from here whether each insert and update sets ${listed(watched)} to now() or later; a change that does not is missed, and \`drover verify\` finds it`,
    fix: '',
  };
}

function withoutKey({ stream }: TablePlan): Finding {
  return {
    level: 'warning',
    rule: 'following-without-key',
    subject: stream,
    reason:
      '`drover sync` cannot follow a table without a key: it is moved as a whole by each `drover run`',
    fix: `Name columns that tell its rows apart in tables[].key, or take watermark and sweepDeletes off ${stream}.`,
  };
}

function deletesUnseen({ stream }: TablePlan): Finding {
  return {
    level: 'warning',
    rule: 'deletes-unseen',
    subject: stream,
    reason:
      '`drover sync` does not see rows that are deleted in the source: they stay in the target until the next `drover run`',
    fix: `Set sweepDeletes: true for ${stream}, or deletedWhen, if rows are marked as deleted.`,
  };
}

async function* checkWatermark(
  parts: WarehouseParts,
  plan: TablePlan,
  column: SourceColumn,
): AsyncGenerator<Finding> {
  const horizon = await readHorizon(parts.source, plan.source, column, parts.spec.sync.margin);
  if (horizon.kind === 'stalled') {
    yield {
      level: 'warning',
      rule: 'sync-stalled',
      subject: 'source',
      reason: `up to where changes are complete cannot be told at present: ${horizon.why}`,
      fix: 'A sync leaves the tables with a watermark as they are until then.',
    };
  }
  yield* checkIndex(parts, plan, column);
  if (!column.notNull) yield* checkNulls(parts, plan, column);
}

async function* checkIndex(
  { source }: WarehouseParts,
  { stream, source: table }: TablePlan,
  { name }: SourceColumn,
): AsyncGenerator<Finding> {
  if (table.kind === 'view' || table.kind === 'foreign table') return;
  const [found] = await source.query(
    `select from pg_index x join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
     where x.indrelid = $1::oid and a.attname = $2 and x.indisvalid and x.indpred is null`,
    [String(table.oid), name],
  );
  if (found !== undefined) return;
  const how = table.kind === 'partitioned table' ? '' : 'concurrently ';
  yield {
    level: 'warning',
    rule: 'index-missing',
    subject: stream,
    reason: `no index leads with the watermark ${name}: each sync reads the whole table`,
    fix: `create index ${how}on ${qualifiedName(table.schema, table.name)} (${identifier(name)});`,
  };
}

async function* checkNulls(
  { source }: WarehouseParts,
  { stream, source: table }: TablePlan,
  { name }: SourceColumn,
): AsyncGenerator<Finding> {
  const column = identifier(name);
  const common = { subject: stream, rule: 'watermark-null' } as const;
  try {
    const nulls = await source.transaction(async (sql) => {
      await sql.query(`set local statement_timeout = ${COUNT_MS}`);
      const [row] = await sql.query(
        `select count(*) as n from ${relationOf(table)} s where s.${column} is null`,
      );
      return row?.['n'] ?? '0';
    });
    if (nulls === '0') return;
    yield {
      ...common,
      level: 'warning',
      reason: `${nulls} rows have no ${name}: each sync loads them again`,
      fix: `update ${qualifiedName(table.schema, table.name)} set ${column} = now() where ${column} is null;`,
    };
  } catch (error) {
    if (!(error instanceof DroverError) || error.code !== 'STATEMENT_TIMEOUT') throw error;
    yield {
      ...common,
      level: 'info',
      reason: `rows without ${name} could not be counted within ${COUNT_MS / 1000} s; each sync loads those that there are again`,
      fix: '',
    };
  }
}
