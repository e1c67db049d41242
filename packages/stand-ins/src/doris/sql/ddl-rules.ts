import type { Column, ColumnType, TableDefinition } from '../store.ts';
import { checkColumnName, checkTableName } from './identifiers.ts';
import { columnType } from './parse-type.ts';
import { checkProperties, WITHOUT_KEYS } from './properties.ts';
import type { Session } from './session.ts';
import { notKnown, refused } from './sql-error.ts';
import type { CreateTable, WrittenColumn } from './syntax.ts';

type Rules = Pick<Session, 'generation' | 'isOn'>;

/** The table that the statement describes, if it keeps every rule of §7. */
export function defineTable(
  statement: CreateTable,
  session: Rules,
  aliveBackends: number,
): TableDefinition {
  checkTableName(statement.name.table, session);
  const columns = statement.columns.map((column) => defineColumn(column, session));
  checkDistinct(columns);
  checkProperties(statement, aliveBackends);
  const model = statement.model?.kind ?? 'DUPLICATE';
  const keys = keysOf(statement, columns);
  checkDistribution(statement, columns, keys);
  const { name, distribution, buckets, properties, comment } = statement;
  return {
    name: name.table,
    columns: columns.map((column) => ({ ...column, isKey: keys.includes(column.name) })),
    model,
    keys,
    // §7: merge-on-write is the default of both generations.
    mergeOnWrite:
      model === 'UNIQUE' && properties.get('enable_unique_key_merge_on_write') !== 'false',
    distribution,
    buckets,
    properties,
    comment,
  };
}

/** One column by itself; whether it is a key is the table's to say. Nullable unless it says NOT NULL. */
export function defineColumn(written: WrittenColumn, session: Rules): Column {
  checkColumnName(written.name, session);
  return {
    name: written.name,
    type: columnType(written.type, session.isOn('enable_decimal256')),
    nullable: written.nullable ?? true,
    isKey: false,
    comment: written.comment,
  };
}

/** §7: column names have no case. */
export function checkDistinct(columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) throw refused(`Duplicate column name '${name}'`, 1060);
    seen.add(name.toLowerCase());
  }
}

function keysOf({ model, properties }: CreateTable, columns: readonly Column[]): readonly string[] {
  if (model !== null) return declaredKeys(model.keys, columns);
  return properties.get(WITHOUT_KEYS) === 'true' ? [] : chosenKeys(columns);
}

function declaredKeys(declared: readonly string[], columns: readonly Column[]): readonly string[] {
  return declared.map((key, index) => {
    const known = columns.some((column) => sameName(column.name, key));
    if (!known) throw refused(`Key column[${key}] doesn't exist.`);
    const column = columns[index];
    if (column === undefined || !sameName(column.name, key)) {
      throw refused(
        `Key columns should be a ordered prefix of the schema. KeyColumns[${index}] (starts from zero) is ${key}, but corresponding column is ${column?.name ?? 'missing'} in the previous columns declaration.`,
      );
    }
    checkKeyType(column);
    // §7 knows key columns only as NOT NULL.
    if (column.nullable) throw notKnown(`a key column that may be NULL: ${column.name}`);
    return column.name;
  });
}

function checkKeyType({ name, type }: Column): void {
  if (type.name === 'FLOAT' || type.name === 'DOUBLE') {
    throw refused('Float or double can not used as a key, use decimal instead.');
  }
  if (type.name === 'STRING') {
    throw refused(`String Type should not be used in key column[${name}].`);
  }
  if (type.name === 'JSON') throw refused(`JSONB type should not be used in key column[${name}].`);
}

const MAX_SHORT_KEY_COLUMNS = 3;
const MAX_SHORT_KEY_BYTES = 36;

/** §7: without declared keys the server takes the first columns that can be in a short key. */
function chosenKeys(columns: readonly Column[]): readonly string[] {
  const keys: string[] = [];
  let bytes = 0;
  for (const { name, type } of columns) {
    bytes += shortKeyBytes(type);
    if (keys.length === MAX_SHORT_KEY_COLUMNS || bytes > MAX_SHORT_KEY_BYTES) break;
    if (['FLOAT', 'DOUBLE', 'STRING', 'JSON'].includes(type.name)) break;
    keys.push(name);
    if (type.name === 'VARCHAR') break;
  }
  if (keys.length === 0) {
    throw refused(
      'The olap table first column could not be float, double, string or array, struct, map, please use decimal or varchar instead.',
    );
  }
  return keys;
}

/** As documented for short keys; a first column longer than all of it is cut, not refused. */
function shortKeyBytes({ name, length = 0 }: ColumnType): number {
  switch (name) {
    case 'BOOLEAN':
    case 'TINYINT':
      return 1;
    case 'SMALLINT':
      return 2;
    case 'INT':
    case 'FLOAT':
    case 'DATE':
      return 4;
    case 'BIGINT':
    case 'DOUBLE':
    case 'DATETIME':
      return 8;
    case 'LARGEINT':
    case 'DECIMAL':
      return 16;
    case 'CHAR':
      return Math.min(length, MAX_SHORT_KEY_BYTES);
    case 'VARCHAR':
    case 'STRING':
    case 'JSON':
      return 20;
  }
}

function checkDistribution(
  { distribution, buckets, model }: CreateTable,
  columns: readonly Column[],
  keys: readonly string[],
): void {
  if (buckets !== 'AUTO' && buckets < 1) {
    throw refused(
      `Buckets number of ${distribution.kind.toLowerCase()} distribution should be greater than zero.`,
    );
  }
  if (distribution.kind === 'RANDOM') {
    if (model?.kind !== 'UNIQUE') return;
    throw refused('Create unique keys table should not contain random distribution desc');
  }
  const seen = new Set<string>();
  for (const name of distribution.columns) {
    const column = columns.find((one) => sameName(one.name, name));
    if (column === undefined) throw refused(`Distribution column(${name}) doesn't exist.`);
    if (seen.has(column.name)) throw refused(`Duplicated distribution column ${name}`);
    seen.add(column.name);
    if (model?.kind === 'UNIQUE' && !keys.includes(column.name)) {
      throw refused(`Distribution column[${name}] is not key column`);
    }
    checkDistributionType(column);
  }
}

function checkDistributionType({ name, type }: Column): void {
  if (type.name === 'FLOAT' || type.name === 'DOUBLE') {
    throw refused('Floating point type column can not be distribution column');
  }
  if (type.name === 'STRING') {
    throw refused(`String Type should not be used in distribution column[${name}].`);
  }
  if (type.name === 'JSON') {
    throw refused(`JSONB type should not be used in distribution column[${name}].`);
  }
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
