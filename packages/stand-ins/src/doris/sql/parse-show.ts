import { parseTableName } from './parse-select.ts';
import { notKnown } from './sql-error.ts';
import type { Show } from './syntax.ts';
import type { TokenReader } from './token-reader.ts';

/** What follows SHOW. */
export function parseShow(reader: TokenReader): Show {
  if (reader.accept('DATABASES') || reader.accept('SCHEMAS')) {
    return { kind: 'databases', like: parseLike(reader) };
  }
  if (reader.accept('CREATE TABLE')) return { kind: 'create-table', table: parseTableName(reader) };
  if (reader.accept('BACKENDS')) return { kind: 'backends' };
  if (reader.accept('FRONTENDS')) return { kind: 'frontends' };
  if (reader.accept('GRANTS')) return { kind: 'grants' };
  if (reader.accept('TRANSACTION')) return parseTransaction(reader);
  const full = reader.accept('FULL');
  if (reader.accept('TABLES')) {
    const database = parseFrom(reader);
    return { kind: 'tables', full, database, like: parseLike(reader) };
  }
  if (reader.accept('COLUMNS')) {
    if (!reader.accept('FROM') && !reader.accept('IN')) throw reader.unexpected('FROM');
    const { database, table } = parseTableName(reader);
    return { kind: 'columns', full, table: { table, database: parseFrom(reader) ?? database } };
  }
  if (reader.accept('SESSION VARIABLES') || (!full && reader.accept('VARIABLES'))) {
    return { kind: 'variables', like: parseLike(reader) };
  }
  throw notKnown(`SHOW ${reader.peek().text}`);
}

function parseFrom(reader: TokenReader): string | null {
  return reader.accept('FROM') || reader.accept('IN') ? reader.identifier() : null;
}

function parseLike(reader: TokenReader): string | null {
  return reader.accept('LIKE') ? reader.string() : null;
}

/** §4: by label or by id. */
function parseTransaction(reader: TokenReader): Show {
  const database = parseFrom(reader);
  reader.expect('WHERE');
  const by = reader.identifier().toLowerCase();
  reader.expectSymbol('=');
  if (by === 'label') return { kind: 'transaction', database, label: reader.string(), id: null };
  if (by === 'id') return { kind: 'transaction', database, label: null, id: reader.integer() };
  throw notKnown(`SHOW TRANSACTION WHERE ${by}`);
}
