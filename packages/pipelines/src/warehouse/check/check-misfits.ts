import { DroverError, type Finding } from '@drover/core';
import { type Database, identifier } from '@drover/postgres';
import { failure } from '../../check/guarded.ts';
import { exceptionOf } from '../anchor.ts';
import { listed, nameOf } from '../choose-tables.ts';
import { planColumn } from '../column-type.ts';
import type { ColumnMisfit } from '../misfit.ts';
import { misfitCountQuery, readMisfitCounts } from '../misfit-count.ts';
import type { WarehouseParts } from '../parts.ts';
import { relationOf } from '../source-table.ts';
import type { TablePlan } from '../table-plan.ts';
import { type Counted, checkRejects } from './check-rejects.ts';
import type { PlansFound } from './read-plans.ts';

/** How much is read to look for values that do not fit. */
export interface Look {
  /** For all tables together. */
  readonly budgetMs: number;
  /** Tables up to this size are read whole; of larger ones as much, in pages here and there. */
  readonly wholeBytes: number;
}

type MisfitParts = Pick<WarehouseParts, 'source' | 'spec'>;

const LOOK: Look = { budgetMs: 30_000, wholeBytes: 256 * 1024 * 1024 };

/** Longest condition that a person would read. */
const MAX_CONDITION = 400;

/**
 * Counts the values that the target cannot hold, the smallest tables first, so that as many as possible are
 * counted whole.
 */
export async function* checkMisfits(
  parts: MisfitParts,
  { plans, limits }: PlansFound,
  look: Look = LOOK,
): AsyncGenerator<Finding> {
  const untilMs = Date.now() + look.budgetMs;
  const counted: Counted[] = [];
  const unread: string[] = [];
  for (const plan of [...plans].sort((a, b) => a.source.bytes - b.source.bytes)) {
    const percent = shareOf(plan, look.wholeBytes);
    const query = misfitCountQuery(plan, percent === 100 ? {} : { samplePercent: percent });
    if (query === null) continue;
    try {
      // Half of what is left, so that one slow view does not take the time of all others.
      const row = await read(parts.source, query, (untilMs - Date.now()) / 2);
      if (row === null) unread.push(plan.stream);
      else counted.push({ plan, counts: readMisfitCounts(plan, row), percent });
    } catch (error) {
      yield failure(error, plan.stream);
    }
  }
  for (const one of counted) {
    for (const { misfit, rows } of one.counts.broken) {
      yield describe(parts, one, { misfit, rows, stringBytes: limits.stringBytes });
    }
  }
  yield* checkRejects(parts.spec.rejects, counted);
  const sampled = counted.filter(
    ({ percent, counts }) => percent < 100 && counts.broken.length === 0,
  );
  if (sampled.length > 0) {
    const names = sampled.map(({ plan, percent }) => `${plan.stream} (${percent} % of it)`);
    yield unproven(`no value that does not fit was found in a sample of ${listed(names)}`);
  }
  if (unread.length > 0) {
    yield unproven(`not looked at, as the time for this was over: ${listed(unread)}`);
  }
}

function unproven(what: string): Finding {
  return {
    level: 'info',
    rule: 'misfits-unproven',
    subject: 'source',
    reason: `${what}. Values that do not fit become rejects`,
    fix: '',
  };
}

/** Percent of the pages to read, with four digits; a view has no pages to choose from. */
function shareOf({ source }: TablePlan, wholeBytes: number): number {
  if (source.kind === 'view' || source.kind === 'foreign table') return 100;
  if (source.bytes <= wholeBytes) return 100;
  return Math.max(0.0001, Number(((wholeBytes / source.bytes) * 100).toFixed(4)));
}

/** null where the time did not suffice. */
async function read(source: Database, query: string, leftMs: number) {
  if (leftMs <= 0) return null;
  try {
    return await source.transaction(async (sql) => {
      await sql.query(`set local statement_timeout = ${Math.ceil(leftMs)}`);
      const [row] = await sql.query(query);
      return row ?? null;
    });
  } catch (error) {
    if (error instanceof DroverError && error.code === 'STATEMENT_TIMEOUT') return null;
    throw error;
  }
}

interface Broken {
  readonly misfit: ColumnMisfit;
  readonly rows: bigint;
  readonly stringBytes: number;
}

function describe(parts: MisfitParts, { plan, counts, percent }: Counted, broken: Broken): Finding {
  const { misfit, rows } = broken;
  const sample = percent === 100 ? '' : ` of a sample (${percent} % of the table)`;
  const inFile = entryFor(parts, plan, broken);
  return {
    level: 'warning',
    rule: misfit.rule,
    subject: `${plan.stream}.${misfit.column.source.name}`,
    reason: `${rows} of ${counts.rows} rows${sample} do not go into ${misfit.column.type}: ${misfit.reason}. They become rejects`,
    fix: `${inFile}${inFile === '' ? 'Correct' : 'Or correct'} them in the source${looking(plan, misfit)}`,
  };
}

/** What to write about the column; nothing where it can only be corrected. */
function entryFor(parts: MisfitParts, plan: TablePlan, broken: Broken): string {
  const [way, ...others] = waysOut(parts, plan, broken);
  if (way === undefined) return '';
  const name = yamlKey(nameOf(plan.source));
  const columns = `columns: { ${yamlKey(broken.misfit.column.source.name)}: { ${way} } }`;
  const entry =
    exceptionOf(parts, plan) === undefined
      ? `write under tables: - { name: ${name}, ${columns} }`
      : `add to ${name} under tables: ${columns}`;
  const instead = others.length === 0 ? '' : `, or instead ${others.join(', or ')}`;
  return `To load them nevertheless, ${entry}${instead}. `;
}

function looking({ source, key }: TablePlan, { condition }: ColumnMisfit): string {
  if (condition.length > MAX_CONDITION) return '.';
  const columns = key.map((column) => `s.${identifier(column.source.name)}`).join(', ');
  return `: select ${columns === '' ? 's.*' : columns} from ${relationOf(source)} s where ${condition};`;
}

/** What can be written about the column so that such values are loaded. */
function waysOut(
  parts: MisfitParts,
  plan: TablePlan,
  { misfit, stringBytes }: Broken,
): readonly string[] {
  const { column, rule } = misfit;
  const now = exceptionOf(parts, plan)?.columns[column.source.name] ?? { leaveOut: false };
  const helps = (change: Partial<typeof now>): boolean => {
    const planned = planColumn(column.source, {
      subject: plan.stream,
      name: column.name,
      isKey: column.isKey,
      mayBeNull: plan.source.key?.origin === 'file',
      exception: { ...now, ...change },
      types: parts.spec.types,
      stringBytes,
    });
    return !planned.plan.misfits.some((one) => one.rule === rule);
  };
  return [
    ...(['clamp', 'truncate'] as const)
      .filter((policy) => helps({ misfit: policy }))
      .map((policy) => `misfit: ${policy}`),
    // Unquoted, it would be YAML's own null.
    ...(helps({ misfit: 'null' }) ? ['misfit: "null"'] : []),
    ...(helps({ type: 'STRING' }) ? ['type: STRING'] : []),
  ];
}

const yamlKey = (name: string): string =>
  /^[a-z_][\w.]*$/i.test(name) ? name : JSON.stringify(name);
