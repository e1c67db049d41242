import type { ColumnType, TypeName } from '../store.ts';
import { MAX_PRECISION } from './decimal.ts';
import { notKnown, refused } from './sql-error.ts';
import type { WrittenType } from './syntax.ts';
import type { TokenReader } from './token-reader.ts';

/** Bytes of a VARCHAR at most (§7). */
const MAX_VARCHAR_BYTES = 65_533;

const MAX_CHAR_BYTES = 255;

const NAMES: Readonly<Record<string, TypeName>> = {
  BOOLEAN: 'BOOLEAN',
  BOOL: 'BOOLEAN',
  TINYINT: 'TINYINT',
  SMALLINT: 'SMALLINT',
  INT: 'INT',
  INTEGER: 'INT',
  BIGINT: 'BIGINT',
  LARGEINT: 'LARGEINT',
  FLOAT: 'FLOAT',
  DOUBLE: 'DOUBLE',
  DECIMAL: 'DECIMAL',
  DECIMALV3: 'DECIMAL',
  DATE: 'DATE',
  DATEV2: 'DATE',
  DATETIME: 'DATETIME',
  DATETIMEV2: 'DATETIME',
  CHAR: 'CHAR',
  VARCHAR: 'VARCHAR',
  STRING: 'STRING',
  TEXT: 'STRING',
  JSON: 'JSON',
  JSONB: 'JSON',
};

/** How many parameters a type takes at most; the others take none. */
const PARAMETERS: Partial<Record<TypeName, number>> = {
  DECIMAL: 2,
  DATETIME: 1,
  CHAR: 1,
  VARCHAR: 1,
};

export function parseWrittenType(reader: TokenReader): WrittenType {
  const token = reader.next();
  if (token.kind !== 'word') throw refused(`Syntax error at position ${token.at}: expected a type`);
  if (reader.isSymbol('<')) throw notKnown(`the type ${token.text.toUpperCase()}<...>`);
  const parameters = reader.isSymbol('(')
    ? reader.parenthesized(() => reader.list(() => reader.integer()))
    : [];
  return { name: token.text.toUpperCase(), parameters };
}

/**
 * The type of a column (§6, §7). `decimal256` is the session's `enable_decimal256`.
 * @throws SqlError for what no column can have, and for types that the stand-in cannot hold.
 */
export function columnType(written: WrittenType, decimal256: boolean): ColumnType {
  if (written.name === 'TIME') throw refused('Time type is not supported for olap table');
  if (written.name === 'VARBINARY') throw refused('doris do not support varbinary create table');
  return sized(nameOf(written), written, decimal256 ? 2 * MAX_PRECISION : MAX_PRECISION);
}

/** The type of a CAST; CHAR and VARCHAR without a length are text of any length there. */
export function castType(written: WrittenType): ColumnType {
  const name = nameOf(written);
  if ((name === 'CHAR' || name === 'VARCHAR') && written.parameters.length === 0) {
    return { name: 'STRING' };
  }
  return sized(name, written, MAX_PRECISION);
}

function nameOf({ name }: WrittenType): TypeName {
  const known = NAMES[name];
  if (known === undefined) throw notKnown(`the type ${name}`);
  return known;
}

function sized(name: TypeName, written: WrittenType, maxPrecision: number): ColumnType {
  const { parameters } = written;
  const [first, second = 0] = parameters;
  if (parameters.length > (PARAMETERS[name] ?? 0)) {
    throw notKnown(`the type ${written.name}(${parameters.join(', ')})`);
  }
  if (name === 'DECIMAL') {
    // What DECIMAL means without parameters differs between versions.
    if (first === undefined) throw notKnown('DECIMAL without precision');
    return decimal(first, second, maxPrecision);
  }
  if (name === 'CHAR' || name === 'VARCHAR') return text(name, first);
  if (name !== 'DATETIME') return { name };
  if (first !== undefined && first > 6) {
    throw refused(`Scale of Datetime/Time must between 0 and 6. Scale was set to: ${first}`);
  }
  return { name, scale: first ?? 0 };
}

function decimal(precision: number, scale: number, maxPrecision: number): ColumnType {
  if (precision < 1 || precision > maxPrecision) {
    throw refused(
      `Precision of decimal must between 1 and ${maxPrecision}. Precision was set to: ${precision}`,
    );
  }
  if (scale > precision) {
    throw refused(
      `Scale of decimal must between 0 and precision. Scale was set to: ${scale} while precision was set to: ${precision}`,
    );
  }
  return { name: 'DECIMAL', precision, scale };
}

function text(name: 'CHAR' | 'VARCHAR', length: number | undefined): ColumnType {
  if (length === undefined) {
    return { name, length: name === 'CHAR' ? 1 : MAX_VARCHAR_BYTES };
  }
  const most = name === 'CHAR' ? MAX_CHAR_BYTES : MAX_VARCHAR_BYTES;
  if (length < 1 || length > most) {
    throw refused(`${name} size must be between 1 and ${most}: ${length}`);
  }
  return { name, length };
}
