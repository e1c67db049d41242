import type { Finding } from '@drover/core';
import { identifier } from '@drover/postgres';
import { columnForm } from './column-form.ts';
import { type ConvertibleMisfit, type Fit, fit } from './fit.ts';
import { targetIdentifier } from './names.ts';
import type { SourceForm } from './source-form.ts';
import type { SourceColumn } from './source-table.ts';
import type { TableException, WarehouseSpec } from './spec.ts';
import type { ColumnPlan, Misfit, MisfitPolicy } from './table-plan.ts';
import {
  MAX_VARCHAR_BYTES,
  parseTargetType,
  printTargetType,
  type TargetType,
} from './target-type.ts';

/** What is settled about a column before its type is. */
export interface ColumnRequest {
  /** Names the column for a person, e.g. `public.orders.total`. */
  readonly subject: string;
  /** Name in the target. */
  readonly name: string;
  readonly isKey: boolean;
  /** Nobody vouches that a key column has no NULL. */
  readonly mayBeNull: boolean;
  readonly exception: TableException['columns'][string] | undefined;
  readonly types: WarehouseSpec['types'];
  /** Most bytes of a STRING: 1048576 on servers before 4.0, 10485760 on later ones, unless configured. */
  readonly stringBytes: number;
}

/** A planned column, and whether ranges of it are the same rows on both sides. */
export interface PlannedColumn {
  readonly plan: ColumnPlan;
  readonly sameOrder: boolean;
  /** What the file asks for and cannot have; the plan then has what there is by default. */
  readonly findings: readonly Finding[];
}

/** Which agreements mean anything for values of a family. */
const POLICIES: Readonly<Record<SourceForm['family'], readonly MisfitPolicy[]>> = {
  boolean: ['reject', 'null'],
  number: ['reject', 'null', 'clamp'],
  float: ['reject', 'null'],
  date: ['reject', 'null', 'clamp'],
  timestamp: ['reject', 'null', 'clamp'],
  text: ['reject', 'null', 'truncate'],
  json: ['reject', 'null'],
};

/**
 * How a column travels: its type in the target, the SQL that COPY prints, and which values do not fit. The same
 * SQL serves both generations of servers. It is to be run with the settings that every session pins.
 */
export function planColumn(source: SourceColumn, request: ColumnRequest): PlannedColumn {
  const form = columnForm(source, request.types);
  const { target, way, finding } = chooseType(source, form, request);
  const policy = choosePolicy(source, form, request);
  const value = convert(way, policy.policy);
  const { canonical } = way;
  const column = `t.${targetIdentifier(request.name)}`;
  return {
    plan: {
      source,
      name: request.name,
      type: printTargetType(target),
      isKey: request.isKey,
      // Also where the source has no NULL: a row that is loaded to be deleted has nothing but its key.
      nullable: !request.isKey,
      value,
      misfits: [...nullKey(way.value, source, request), ...rejected(way, policy.policy)],
      canonical:
        canonical === null
          ? null
          : { source: canonical.source(value), target: canonical.target(column) },
    },
    sameOrder: way.sameOrder,
    findings: [finding, policy.finding].filter((one) => one !== null),
  };
}

function chooseType(
  source: SourceColumn,
  form: SourceForm,
  request: ColumnRequest,
): { target: TargetType; way: Fit; finding: Finding | null } {
  const { exception, isKey, stringBytes, subject } = request;
  const standard = isKey ? keyType(form) : form.target;
  const wished = exception?.type === undefined ? null : parseTargetType(exception.type);
  const wishedWay = wished === null ? null : fit(form, wished, stringBytes);
  if (wished !== null && wishedWay !== null && !(isKey && !mayBeKey(wished))) {
    return { target: wished, way: wishedWay, finding: null };
  }
  const way = fit(form, standard, stringBytes);
  if (way === null) throw new TypeError(`no place for ${source.type.printed}`);
  if (exception?.type === undefined) return { target: standard, way, finding: null };
  const why =
    wished === null
      ? 'is no type that Drover loads into'
      : wishedWay === null
        ? `cannot hold the values of ${source.type.printed} unchanged`
        : 'cannot be part of a key';
  return {
    target: standard,
    way,
    finding: {
      level: 'error',
      rule: 'column-type',
      subject,
      reason: `type ${exception.type} of the migration file ${why}`,
      fix: `Leave type out of tables[].columns.${source.name}, which gives ${printTargetType(standard)}, or choose another one.`,
    },
  };
}

/** The type of a key column: those that may be none become texts. */
function keyType(form: SourceForm): TargetType {
  if (mayBeKey(form.target)) return form.target;
  const bytes = Math.min(form.maxBytes ?? MAX_VARCHAR_BYTES, MAX_VARCHAR_BYTES);
  return { kind: 'varchar', bytes };
}

function mayBeKey({ kind }: TargetType): boolean {
  return kind !== 'float' && kind !== 'string' && kind !== 'json';
}

function choosePolicy(
  source: SourceColumn,
  form: SourceForm,
  { exception, isKey, types, subject }: ColumnRequest,
): { policy: MisfitPolicy; finding: Finding | null } {
  const wished = exception?.misfit;
  const possible = isKey ? (['reject'] as const) : policiesFor(form);
  const policy = wished ?? types.misfit;
  if (possible.some((one) => one === policy)) return { policy, finding: null };
  // What the file says of all columns is meant for those to which it applies.
  if (wished === undefined) return { policy: 'reject', finding: null };
  return {
    policy: 'reject',
    finding: {
      level: 'error',
      rule: 'misfit-policy',
      subject,
      reason: isKey
        ? `misfit: ${wished} would change a key, and could make two rows one`
        : `misfit: ${wished} means nothing for values of ${source.type.printed}`,
      fix: `Set tables[].columns.${source.name}.misfit to ${possible.join(' or ')}.`,
    },
  };
}

function policiesFor(form: SourceForm): readonly MisfitPolicy[] {
  const policies = POLICIES[form.family];
  const whole = form.family === 'text' && form.cut === null;
  return whole ? policies.filter((policy) => policy !== 'truncate') : policies;
}

function convert(way: Fit, policy: MisfitPolicy): string {
  const cases = way.misfits.flatMap((misfit) => {
    const instead = replacement(misfit, policy);
    return instead === null ? [] : [`when ${misfit.condition} then ${instead}`];
  });
  return cases.length === 0 ? way.value : `case ${cases.join(' ')} else ${way.value} end`;
}

function rejected(way: Fit, policy: MisfitPolicy): Misfit[] {
  return way.misfits
    .filter((misfit) => replacement(misfit, policy) === null)
    .map(({ clamp: _, truncate: _cut, ...misfit }) => misfit);
}

function replacement(misfit: ConvertibleMisfit, policy: MisfitPolicy): string | null {
  switch (policy) {
    case 'reject':
      return null;
    case 'null':
      return 'null';
    case 'clamp':
      return misfit.clamp ?? null;
    case 'truncate':
      return misfit.truncate ?? null;
  }
}

function nullKey(
  value: string,
  source: SourceColumn,
  { isKey, mayBeNull }: ColumnRequest,
): Misfit[] {
  if (!isKey || !mayBeNull || source.notNull) return [];
  return [
    {
      condition: `(${value}) is null`,
      rule: 'key-null',
      reason: `${identifier(source.name)} is part of the key and has no value`,
    },
  ];
}
