import {
  DroverError,
  type Json,
  type Log,
  type OpenContext,
  type Opening,
  RUN_KINDS,
} from '@drover/core';
import { z } from 'zod';
import { endFormerAttempts } from './former-attempts.ts';
import type { WarehouseParts } from './parts.ts';
import { fingerprintOf } from './plans.ts';
import type { SourceColumn } from './source-table.ts';
import type { TablePlan } from './table-plan.ts';
import { isEmpty, tablesLike } from './target-tables.ts';
import { readHorizon, readWatermark } from './watermark.ts';

/** What a run froze when it opened. */
const anchorSchema = z.strictObject({
  kind: z.enum(RUN_KINDS),
  dropTables: z.boolean(),
  tables: z.array(
    z.strictObject({
      stream: z.string(),
      fingerprint: z.string(),
      /** Nothing was in the target before: what is there later, this run has written. */
      fresh: z.boolean(),
      /** How far the table was followed before, and how far it can be followed safely now; null without a watermark. */
      followed: z.string().nullable(),
      horizon: z.string().nullable(),
    }),
  ),
});

export type Anchor = z.output<typeof anchorSchema>;
export type AnchorTable = Anchor['tables'][number];

export const parseAnchor = (anchor: Json): Anchor => anchorSchema.parse(anchor);

/** @throws DroverError FILE_INVALID for a stream that the run does not have. */
export function anchorTable(anchor: Anchor, stream: string): AnchorTable {
  const table = anchor.tables.find((one) => one.stream === stream);
  if (table !== undefined) return table;
  throw new DroverError('FILE_INVALID', { message: `The run has no table ${stream}.` });
}

/**
 * Whether rows that the target had before the run, and that the source lacks, are looked for once all is moved: where
 * a range of the key is not the same rows on both sides, every chunk would have to look through all of the table.
 */
export function sweptAtEnd(anchor: Anchor, plan: TablePlan): boolean {
  const isOrdered = plan.key.length === 0 || plan.sameOrder;
  return anchor.kind === 'full' && !isOrdered && !anchorTable(anchor, plan.stream).fresh;
}

/** Questions to the target at once while a run is opened. */
const AT_ONCE = 4;

/** Decides which tables, and reads what must be known before the first row is. */
export async function openWarehouse(parts: WarehouseParts, context: OpenContext): Promise<Opening> {
  const { byStream, findings } = await parts.catalogue.plans();
  const faults = findings.filter(({ level }) => level === 'error');
  const [fault] = faults;
  if (fault !== undefined) {
    const others = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`;
    throw new DroverError('CHECK_FAILED', {
      message: `${fault.subject}: ${fault.reason}${others}.`,
      hint: fault.fix,
    });
  }
  refuseTimes(context);
  const plans = chosen(parts, [...byStream.values()], context);
  if (context.kind !== 'verification') await endFormerAttempts(parts, context);
  const dropTables = context.options.dropTables ?? false;
  const present = dropTables ? new Set<string>() : await presentTables(parts, plans);
  const tables: AnchorTable[] = [];
  for (let at = 0; at < plans.length; at += AT_ONCE) {
    const some = plans.slice(at, at + AT_ONCE).map(async (plan): Promise<AnchorTable> => {
      const there = present.has(placeOf(plan));
      return {
        stream: plan.stream,
        fingerprint: fingerprintOf(plan),
        fresh: !there || (await isEmpty(parts.statements, plan)),
        followed: followedTo(parts, plan, context),
        horizon: await horizonOf(parts, plan, context.log),
      };
    });
    tables.push(...(await Promise.all(some)));
  }
  return { anchor: { kind: context.kind, dropTables, tables }, cutoffs: new Map() };
}

export const placeOf = ({ database, table }: TablePlan) => `${database}.${table}`;

export async function presentTables(
  parts: WarehouseParts,
  plans: readonly TablePlan[],
): Promise<ReadonlySet<string>> {
  const databases = [...new Set(plans.map(({ database }) => database))];
  const names = await Promise.all(
    databases.map(async (database) =>
      (await tablesLike(parts.statements, { database, prefix: '' })).map(
        (table) => `${database}.${table}`,
      ),
    ),
  );
  return new Set(names.flat());
}

/** How far the table was followed by the column that the file names now. */
function followedTo(
  parts: WarehouseParts,
  plan: TablePlan,
  { watermarks }: OpenContext,
): string | null {
  const column = watermarkOf(parts, plan);
  const watermark = watermarks.get(plan.stream);
  return column === null || watermark === undefined ? null : readWatermark(column, watermark);
}

/** How far the table can be followed; null where it has no watermark, or nobody can tell at present. */
async function horizonOf(parts: WarehouseParts, plan: TablePlan, log: Log): Promise<string | null> {
  const column = watermarkOf(parts, plan);
  if (column === null) return null;
  const horizon = await readHorizon(parts.source, plan.source, column, parts.spec.sync.margin);
  if (horizon.kind === 'at') return horizon.bound;
  log.warn('a table cannot be followed at present', { table: plan.stream, why: horizon.why });
  return null;
}

/** The column that grows with every change, where the file names one and the table has a key. */
export function watermarkOf(parts: WarehouseParts, plan: TablePlan): SourceColumn | null {
  const name = exceptionOf(parts, plan)?.watermark;
  if (name === undefined || plan.key.length === 0) return null;
  return plan.source.columns.find((column) => column.name === name) ?? null;
}

export const exceptionOf = ({ spec }: Pick<WarehouseParts, 'spec'>, plan: TablePlan) =>
  spec.tables.find(({ name }) => name === `${plan.source.schema}.${plan.source.name}`);

/** @throws DroverError FILE_INVALID, rather than to move what was not asked for. */
function refuseTimes({ options: { from, to, cutoff } }: OpenContext): void {
  if (from === undefined && to === undefined && cutoff === undefined) return;
  throw new DroverError('FILE_INVALID', {
    message: 'Tables of a warehouse are moved whole: --from, --to and --cutoff do not apply.',
    hint: 'Leave them out; `drover sync` moves what has changed since the last run.',
  });
}

/** @throws DroverError FILE_INVALID where a table that was asked for is not there, or no table is. */
function chosen(
  parts: WarehouseParts,
  plans: readonly TablePlan[],
  { options, kind }: OpenContext,
): readonly TablePlan[] {
  const wanted = options.entities;
  const missing = wanted?.find((name) => !plans.some(({ stream }) => stream === name));
  if (missing !== undefined) {
    throw new DroverError('FILE_INVALID', {
      message: `There is no table ${missing} among those of the migration file.`,
      hint: 'Write schema.table as `drover plan` prints it.',
    });
  }
  const asked = plans.filter(({ stream }) => wanted?.includes(stream) ?? true);
  if (kind === 'incremental') return followedOf(parts, asked, wanted !== undefined);
  if (asked.length > 0) return asked;
  throw new DroverError('FILE_INVALID', {
    message: 'There is no table to move.',
    hint: 'Correct source.schemas in the migration file; `drover check` names what was left out, and why.',
  });
}

/** @throws DroverError FILE_INVALID where there is none, or one that was named is not among them. */
function followedOf(
  parts: WarehouseParts,
  asked: readonly TablePlan[],
  named: boolean,
): readonly TablePlan[] {
  const followed = asked.filter((plan) => isFollowed(parts, plan));
  const other = asked.find((plan) => !followed.includes(plan));
  if (followed.length > 0 && (!named || other === undefined)) return followed;
  if (!named || other === undefined) {
    throw new DroverError('FILE_INVALID', {
      message: 'No table of the migration file can be followed.',
      hint: HOW_TO_FOLLOW,
    });
  }
  throw new DroverError('FILE_INVALID', {
    message:
      other.key.length === 0
        ? `The table ${other.stream} cannot be followed: it has no key.`
        : `The table ${other.stream} is not followed: the migration file names neither watermark nor sweepDeletes for it.`,
    hint:
      other.key.length === 0
        ? 'Name columns that tell its rows apart in tables[].key, or move it as a whole by `drover run`.'
        : HOW_TO_FOLLOW,
  });
}

const HOW_TO_FOLLOW =
  'Name a watermark column, or sweepDeletes, under tables in the migration file; a table needs a key, too.';

/** Whether `drover sync` can do something for the table. */
function isFollowed(parts: WarehouseParts, plan: TablePlan): boolean {
  const exception = exceptionOf(parts, plan);
  if (plan.key.length === 0 || exception === undefined) return false;
  return exception.watermark !== undefined || exception.sweepDeletes;
}
