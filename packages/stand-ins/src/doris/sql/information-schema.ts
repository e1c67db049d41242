import type { Column, ColumnType, Generation, Row, Table, Value } from '../store.ts';
import { digitsOf, isInteger } from './integer.ts';
import { printColumnType, printDataType } from './print-type.ts';
import type { Relation } from './relation.ts';
import { notKnown } from './sql-error.ts';
import type { ValueType } from './syntax.ts';

/** Its name has no case, unlike those of other databases. */
export const INFORMATION_SCHEMA = 'information_schema';

interface Described {
  readonly database: string;
  readonly table: Table;
  readonly generation: Generation;
}

type View<T> = readonly (readonly [name: string, type: ValueType, value: (of: T) => Value])[];

const TEXT: ValueType = { name: 'VARCHAR', length: 1024 };
const NUMBER: ValueType = { name: 'BIGINT' };

/** Bytes that a STRING is said to have. */
const STRING_BYTES = 2_147_483_643n;

const COLUMNS: View<Described & { column: Column; position: number }> = [
  ['TABLE_CATALOG', TEXT, () => 'internal'],
  ['TABLE_SCHEMA', TEXT, ({ database }) => database],
  ['TABLE_NAME', TEXT, ({ table }) => table.definition.name],
  ['COLUMN_NAME', TEXT, ({ column }) => column.name],
  ['ORDINAL_POSITION', NUMBER, ({ position }) => BigInt(position)],
  ['COLUMN_DEFAULT', TEXT, () => null],
  ['IS_NULLABLE', TEXT, ({ column }) => (column.nullable ? 'YES' : 'NO')],
  ['DATA_TYPE', TEXT, ({ column }) => printDataType(column.type)],
  ['CHARACTER_MAXIMUM_LENGTH', NUMBER, ({ column }) => lengthOf(column.type)],
  ['NUMERIC_PRECISION', NUMBER, ({ column }) => precisionOf(column.type)],
  ['NUMERIC_SCALE', NUMBER, ({ column }) => scaleOf(column.type)],
  ['DATETIME_PRECISION', NUMBER, ({ column: { type } }) => fractionOf(type)],
  ['COLUMN_TYPE', TEXT, ({ column, generation }) => printColumnType(column.type, generation)],
  ['COLUMN_KEY', TEXT, ({ column, table }) => keyOf(column, table)],
  ['EXTRA', TEXT, () => ''],
  ['COLUMN_COMMENT', TEXT, ({ column }) => column.comment],
];

const TABLES: View<Described & { rows: bigint }> = [
  ['TABLE_CATALOG', TEXT, () => 'internal'],
  ['TABLE_SCHEMA', TEXT, ({ database }) => database],
  ['TABLE_NAME', TEXT, ({ table }) => table.definition.name],
  ['TABLE_TYPE', TEXT, () => 'BASE TABLE'],
  ['ENGINE', TEXT, () => 'Doris'],
  ['TABLE_ROWS', NUMBER, ({ rows }) => rows],
  ['TABLE_COMMENT', TEXT, ({ table }) => table.definition.comment],
];

const SCHEMATA: View<{ database: string }> = [
  ['CATALOG_NAME', TEXT, () => 'internal'],
  ['SCHEMA_NAME', TEXT, ({ database }) => database],
];

/**
 * The views on the catalogue. TABLE_ROWS lags behind, as the backends' reports do: `reportedRows` gives
 * what was last heard of a table.
 */
export function informationSchema(
  view: string,
  facts: {
    generation: Generation;
    databases: ReadonlyMap<string, ReadonlyMap<string, Table>>;
    reportedRows: (table: Table) => bigint;
  },
): Relation {
  const { generation, databases, reportedRows } = facts;
  const tables = [...databases].flatMap(([database, inside]) =>
    [...inside.values()].map((table) => ({ database, table, generation })),
  );
  switch (view.toLowerCase()) {
    case 'columns': {
      const columns = tables.flatMap((of) =>
        of.table.definition.columns.map((column, at) => ({ ...of, column, position: at + 1 })),
      );
      return relationOf(COLUMNS, columns);
    }
    case 'tables':
      return relationOf(
        TABLES,
        tables.map((of) => ({ ...of, rows: reportedRows(of.table) })),
      );
    case 'schemata':
      return relationOf(
        SCHEMATA,
        [...databases.keys()].map((database) => ({ database })),
      );
    default:
      throw notKnown(`information_schema.${view}`);
  }
}

function relationOf<T>(view: View<T>, entries: readonly T[]): Relation {
  const rows: readonly Row[] = entries.map((entry) => view.map(([, , value]) => value(entry)));
  const fields = view.map(([name, type]) => ({ name, type }));
  return { fields, rows, database: INFORMATION_SCHEMA, alias: null };
}

function keyOf({ isKey }: Column, { definition }: Table): string {
  if (!isKey) return '';
  return definition.model === 'UNIQUE' ? 'UNI' : 'DUP';
}

function lengthOf({ name, length }: ColumnType): Value {
  if (name === 'STRING') return STRING_BYTES;
  return length === undefined ? null : BigInt(length);
}

function precisionOf({ name, precision }: ColumnType): Value {
  if (isInteger(name) && name !== 'LARGEINT') return BigInt(digitsOf(name));
  return precision === undefined ? null : BigInt(precision);
}

function scaleOf({ name, scale }: ColumnType): Value {
  if (isInteger(name) && name !== 'LARGEINT') return 0n;
  return name === 'DECIMAL' ? BigInt(scale ?? 0) : null;
}

function fractionOf({ name, scale }: ColumnType): Value {
  return name === 'DATETIME' ? BigInt(scale ?? 0) : null;
}
