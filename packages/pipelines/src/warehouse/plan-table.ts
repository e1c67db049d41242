import { DroverError, type Finding } from '@drover/core';
import { identifier } from '@drover/postgres';
import { nameOf } from './choose-tables.ts';
import { type PlannedColumn, planColumn } from './column-type.ts';
import { cleanTableName, columnNames, expandPattern } from './names.ts';
import { checkCollisions, checkColumnNames, checkKey, checkTable } from './plan-findings.ts';
import type { SourceColumn, SourceTable } from './source-table.ts';
import type { TableException, WarehouseSpec } from './spec.ts';
import type { TablePlan } from './table-plan.ts';

/** The part of the migration file that plans depend on. */
export type PlanSpec = Pick<WarehouseSpec, 'tables' | 'types'> & {
  readonly target: Pick<WarehouseSpec['target'], 'database' | 'table'>;
};

export interface TargetLimits {
  /** Most bytes of a STRING: 1048576 on servers before 4.0, 10485760 on later ones, unless configured. */
  readonly stringBytes: number;
}

/** @throws DroverError FILE_INVALID where the table cannot travel as the file says. */
export function planTable(source: SourceTable, spec: PlanSpec, limits: TargetLimits): TablePlan {
  const { plan, findings } = draft(source, spec, limits);
  const fault = findings.find(isError);
  if (fault === undefined) return plan;
  throw new DroverError('FILE_INVALID', {
    message: `${fault.subject}: ${fault.reason}.`,
    hint: fault.fix,
  });
}

/**
 * The plans of all tables, in their order. A table with a finding of level error has no plan: the caller stops, or
 * moves the others knowingly.
 */
export function planAll(
  tables: readonly SourceTable[],
  spec: PlanSpec,
  limits: TargetLimits,
): { plans: TablePlan[]; findings: Finding[] } {
  const drafts = tables.map((table) => draft(table, spec, limits));
  const collisions = checkCollisions(
    drafts.map(({ plan }) => plan),
    spec.target,
  );
  const judged = drafts.map(({ plan, findings }) => ({
    plan,
    findings: [...findings, ...(collisions.get(plan) ?? [])],
  }));
  return {
    plans: judged.filter(({ findings }) => !findings.some(isError)).map(({ plan }) => plan),
    findings: judged.flatMap(({ findings }) => findings),
  };
}

interface Draft {
  readonly plan: TablePlan;
  readonly findings: readonly Finding[];
}

function draft(source: SourceTable, spec: PlanSpec, limits: TargetLimits): Draft {
  const stream = streamOf(source);
  const exception = spec.tables.find(({ name }) => name === nameOf(source));
  const wished = {
    database: expandPattern(spec.target.database, source),
    table: exception?.target ?? expandPattern(spec.target.table, source),
  };
  const { columns, findings } = planColumns(source, { stream, exception, spec, limits });
  const byName = new Map(columns.map((column) => [column.plan.source.name, column]));
  const key = (source.key?.columns ?? []).flatMap((name) => byName.get(name) ?? []);
  const rest = columns.filter((column) => !key.includes(column));
  const plan: TablePlan = {
    source,
    stream,
    database: cleanTableName(wished.database, 'db_'),
    // A name that the file gives is taken to the letter, or not at all.
    table: exception?.target ?? cleanTableName(wished.table, 't_'),
    columns: [...key, ...rest].map((column) => column.plan),
    key: key.map((column) => column.plan),
    sameOrder: key.length > 0 && key.every(({ sameOrder }) => sameOrder),
    deletedWhen: exception?.deletedWhen ?? null,
  };
  return { plan, findings: [...checkTable(plan, wished), ...checkKey(plan), ...findings] };
}

function planColumns(
  source: SourceTable,
  of: {
    stream: string;
    exception: TableException | undefined;
    spec: PlanSpec;
    limits: TargetLimits;
  },
): { columns: PlannedColumn[]; findings: Finding[] } {
  const exceptions = new Map(Object.entries(of.exception?.columns ?? {}));
  const moved = source.columns.filter(({ name }) => exceptions.get(name)?.leaveOut !== true);
  const given = new Map(
    moved.flatMap(({ name }) => {
      const to = exceptions.get(name)?.name;
      return to === undefined ? [] : [[name, to] as const];
    }),
  );
  const names = columnNames(
    moved.map(({ name }) => name),
    given,
  );
  const columns = moved.map((column: SourceColumn) =>
    planColumn(column, {
      subject: `${of.stream}.${column.name}`,
      name: names.get(column.name) ?? column.name,
      isKey: source.key?.columns.includes(column.name) ?? false,
      mayBeNull: source.key?.origin === 'file',
      exception: exceptions.get(column.name),
      types: of.spec.types,
      stringBytes: of.limits.stringBytes,
    }),
  );
  return {
    columns,
    findings: [
      ...columns.flatMap(({ findings }) => findings),
      ...checkColumnNames(of.stream, names, given),
    ],
  };
}

/** Parts with a dot are quoted, so that no two tables have the same stream. */
function streamOf({ schema, name }: SourceTable): string {
  return [schema, name].map((part) => (/[."]/.test(part) ? identifier(part) : part)).join('.');
}

const isError = ({ level }: Finding): boolean => level === 'error';
