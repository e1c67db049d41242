import type { Finding } from '@drover/core';
import { columnDefinition } from './ddl.ts';
import { targetIdentifier } from './names.ts';
import { targetBounds } from './number-bounds.ts';
import type { ColumnPlan, TablePlan } from './table-plan.ts';
import { parseTargetType, printTargetType, type TargetType } from './target-type.ts';

/** A table that is there already. */
export interface ExistingTable {
  /** Of SHOW CREATE TABLE. */
  readonly model: 'UNIQUE' | 'DUPLICATE' | 'AGGREGATE';
  /** Of a UNIQUE table: whether its rows are made unique when they are written, not when they are read. */
  readonly mergeOnWrite: boolean;
  /** In the order of the table. */
  readonly columns: readonly ExistingColumn[];
}

/** Of information_schema.columns. */
export interface ExistingColumn {
  readonly name: string;
  /** COLUMN_TYPE, e.g. `varchar(1020)` or `decimalv3(10, 2)`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly isKey: boolean;
  readonly hasDefault: boolean;
}

/** Whether a table that is there can take what the plan sends, column by column. */
export function compareTable(plan: TablePlan, existing: ExistingTable): Finding[] {
  const table = { plan, subject: `target ${plan.database}.${plan.table}` };
  const found = new Map(existing.columns.map((column) => [column.name.toLowerCase(), column]));
  const planned = new Set(plan.columns.map(({ name }) => name.toLowerCase()));
  return [
    ...compareModel(table, existing),
    ...plan.columns.flatMap((column) => {
      const one = found.get(column.name.toLowerCase());
      return one === undefined ? missing(table, column) : compareColumn(table, column, one);
    }),
    ...existing.columns
      .filter(({ name }) => !planned.has(name.toLowerCase()))
      .flatMap((column) => extra(table, column)),
  ];
}

interface Compared {
  readonly plan: TablePlan;
  readonly subject: string;
}

function compareModel({ plan, subject }: Compared, existing: ExistingTable): Finding[] {
  const model = plan.key.length > 0 ? 'UNIQUE' : 'DUPLICATE';
  const wanted = plan.key.map(({ name }) => name);
  const keys = existing.columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  if (existing.model !== model) {
    return [
      {
        level: 'error',
        rule: 'table-model',
        subject,
        reason:
          model === 'UNIQUE'
            ? `is of the model ${existing.model}: a row that is loaded again would stand beside itself, or be added to itself`
            : `is of the model ${existing.model}: rows of ${plan.stream}, which has no key, would be merged`,
        fix: recreate(plan),
      },
    ];
  }
  if (model === 'DUPLICATE') return [];
  const sameKey =
    keys.map((name) => name.toLowerCase()).join('\n') === wanted.join('\n').toLowerCase();
  if (!sameKey) {
    return [
      {
        level: 'error',
        rule: 'table-key',
        subject,
        reason: `its key is (${keys.join(', ')}), that of the source (${wanted.join(', ')})`,
        fix: recreate(plan),
      },
    ];
  }
  return existing.mergeOnWrite
    ? []
    : [
        {
          level: 'warning',
          rule: 'table-merge-on-read',
          subject,
          reason: 'rows are made unique when they are read: verification and queries take longer',
          fix: recreate(plan),
        },
      ];
}

function missing(table: Compared, column: ColumnPlan): Finding[] {
  return [
    {
      level: 'error',
      rule: 'column-missing',
      subject: `${table.subject}.${column.name}`,
      reason: `the table has no such column for ${column.source.name} of the source`,
      // A key cannot grow.
      fix: column.isKey
        ? recreate(table.plan)
        : alter(table, `ADD COLUMN ${columnDefinition(column)}`),
    },
  ];
}

function extra(table: Compared, { name, type, nullable, hasDefault }: ExistingColumn): Finding[] {
  const filled = nullable || hasDefault;
  return [
    {
      level: filled ? 'info' : 'error',
      rule: 'column-extra',
      subject: `${table.subject}.${name}`,
      reason: filled
        ? `the source has no such column: it gets ${nullable ? 'NULL' : 'its default'}`
        : 'the source has no such column, and it takes no NULL and has no default: every row would be refused',
      fix: filled
        ? ''
        : alter(table, `MODIFY COLUMN ${targetIdentifier(name)} ${type.toUpperCase()} NULL`),
    },
  ];
}

function compareColumn(table: Compared, column: ColumnPlan, existing: ExistingColumn): Finding[] {
  return [...compareTypes(table, column, existing), ...compareNulls(table, column, existing)];
}

function compareTypes(table: Compared, column: ColumnPlan, existing: ExistingColumn): Finding[] {
  const wanted = parseTargetType(column.type);
  const found = parseTargetType(existing.type);
  if (wanted === null) throw new TypeError(`no type ${column.type}`);
  if (found !== null && printTargetType(found) === printTargetType(wanted)) return [];
  const wider =
    found !== null && holds(found, wanted) && (!column.isKey || found.kind === wanted.kind);
  return [
    {
      level: wider ? 'info' : 'error',
      rule: 'column-type',
      subject: `${table.subject}.${existing.name}`,
      reason: wider
        ? `is ${existing.type}, which holds all of ${column.type}`
        : `is ${existing.type}; ${column.source.type.printed} of the source needs ${column.type}`,
      fix: wider ? '' : changeType(table, column, found),
    },
  ];
}

function changeType(table: Compared, column: ColumnPlan, found: TargetType | null): string {
  const wanted = parseTargetType(column.type);
  const grows =
    found !== null && wanted !== null && found.kind === wanted.kind && holds(wanted, found);
  return grows && !column.isKey
    ? alter(table, `MODIFY COLUMN ${columnDefinition(column)}`)
    : `${recreate(table.plan)} Or name in tables[].columns.${column.source.name}.type the type that is there, if it is to stay.`;
}

/** Whether each value of `inner`, in the text that is loaded, is in `outer` the same to a digest. */
function holds(outer: TargetType, inner: TargetType): boolean {
  if (outer.kind === 'string') return inner.kind === 'varchar' || inner.kind === 'json';
  if (outer.kind === 'varchar') return inner.kind === 'varchar' && outer.bytes >= inner.bytes;
  if (outer.kind === 'datetime') return inner.kind === 'datetime' && outer.scale >= inner.scale;
  const [room, need] = [targetBounds(outer), targetBounds(inner)];
  // With another scale the same number has another text.
  return (
    room !== null &&
    need !== null &&
    room.scale === need.scale &&
    room.low <= need.low &&
    room.high >= need.high
  );
}

function compareNulls(table: Compared, column: ColumnPlan, existing: ExistingColumn): Finding[] {
  if (existing.nullable || !column.nullable) return [];
  return [
    {
      level: 'error',
      rule: 'column-not-null',
      subject: `${table.subject}.${existing.name}`,
      reason: column.source.notNull
        ? 'takes no NULL: rows that are loaded to be deleted have only their key'
        : `takes no NULL, which ${column.source.name} of the source may have`,
      fix: alter(
        table,
        `MODIFY COLUMN ${targetIdentifier(existing.name)} ${existing.type.toUpperCase()} NULL`,
      ),
    },
  ];
}

function alter({ plan }: Compared, change: string): string {
  return `ALTER TABLE ${tableName(plan)} ${change};`;
}

function recreate(plan: TablePlan): string {
  return `DROP TABLE ${tableName(plan)}; Drover then creates it anew. Or give ${plan.stream} another tables[].target.`;
}

function tableName({ database, table }: TablePlan): string {
  return `${targetIdentifier(database)}.${targetIdentifier(table)}`;
}
