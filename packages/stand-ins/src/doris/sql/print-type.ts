import type { ColumnType, Generation, TypeName } from '../store.ts';

/** As DESC, SHOW COLUMNS and SHOW CREATE TABLE print a type; uncertain for STRING, which they call text. */
export function printType(type: ColumnType): string {
  const { name, length, precision, scale = 0 } = type;
  const own = name.toLowerCase();
  if (name === 'DECIMAL') return `${own}(${precision},${scale})`;
  if (name === 'DATETIME') return scale === 0 ? own : `${own}(${scale})`;
  if (name === 'STRING') return 'text';
  return length === undefined ? own : `${own}(${length})`;
}

const WITH_WIDTH: Partial<Record<TypeName, string>> = {
  BOOLEAN: 'tinyint(1)',
  TINYINT: 'tinyint(4)',
  SMALLINT: 'smallint(6)',
  INT: 'int(11)',
  BIGINT: 'bigint(20)',
};

/**
 * COLUMN_TYPE of information_schema.columns. D24 gives integers a display width and calls decimals
 * decimalv3; that D26 has neither is uncertain, and chosen so that a reader must take both forms.
 */
export function printColumnType(type: ColumnType, generation: Generation): string {
  if (type.name === 'STRING') return 'string';
  if (generation === 'D26') return type.name === 'BOOLEAN' ? 'tinyint(1)' : printType(type);
  if (type.name === 'DECIMAL') return `decimalv3(${type.precision}, ${type.scale})`;
  return WITH_WIDTH[type.name] ?? printType(type);
}

/** DATA_TYPE of information_schema.columns: names that MySQL has. */
export function printDataType({ name }: ColumnType): string {
  if (name === 'BOOLEAN') return 'tinyint';
  if (name === 'LARGEINT') return 'bigint unsigned';
  return name === 'STRING' ? 'varchar' : name.toLowerCase();
}
