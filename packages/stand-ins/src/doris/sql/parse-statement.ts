import { parseColumn, parseCreateTable, parseProperties } from './parse-create-table.ts';
import { parseExpression } from './parse-expression.ts';
import { parseQuery, parseTableName } from './parse-select.ts';
import { parseShow } from './parse-show.ts';
import { notKnown, refused } from './sql-error.ts';
import type { Statement } from './syntax.ts';
import { TokenReader } from './token-reader.ts';

/** Reads one statement. @throws SqlError for syntax that is wrong, or that the stand-in does not know. */
export function parseStatement(sql: string): Statement {
  const reader = new TokenReader(sql);
  const statement = parseAny(reader);
  reader.end();
  return statement;
}

function parseAny(reader: TokenReader): Statement {
  if (reader.isWord('SELECT')) return { kind: 'select', query: parseQuery(reader) };
  if (reader.accept('SET')) return parseSet(reader);
  if (reader.accept('USE')) return { kind: 'use', database: reader.identifier() };
  if (reader.accept('KILL')) return parseKill(reader);
  if (reader.accept('SHOW')) return { kind: 'show', show: parseShow(reader) };
  if (reader.accept('DESC') || reader.accept('DESCRIBE')) {
    return { kind: 'show', show: { kind: 'describe', table: parseTableName(reader) } };
  }
  if (reader.accept('CREATE DATABASE') || reader.accept('CREATE SCHEMA')) {
    const ifNotExists = reader.accept('IF NOT EXISTS');
    return { kind: 'create-database', name: reader.identifier(), ifNotExists };
  }
  if (reader.accept('DROP DATABASE') || reader.accept('DROP SCHEMA')) {
    const ifExists = reader.accept('IF EXISTS');
    const name = reader.identifier();
    reader.accept('FORCE');
    return { kind: 'drop-database', name, ifExists };
  }
  if (reader.accept('CREATE TABLE')) return parseCreateTable(reader);
  if (reader.accept('DROP TABLE')) {
    const ifExists = reader.accept('IF EXISTS');
    const name = parseTableName(reader);
    reader.accept('FORCE');
    return { kind: 'drop-table', name, ifExists };
  }
  if (reader.accept('TRUNCATE TABLE')) return { kind: 'truncate', name: parseTableName(reader) };
  if (reader.accept('ALTER TABLE')) return parseAlter(reader);
  if (reader.accept('DELETE FROM')) return parseDelete(reader);
  if (reader.accept('INSERT INTO')) return parseInsert(reader);
  if (reader.accept('UPDATE')) return parseUpdate(reader);
  throw notKnown(`statements that begin with '${reader.peek().text}'`);
}

function parseSet(reader: TokenReader): Statement {
  return { kind: 'set', assignments: reader.list(() => parseAssignment(reader)).flat() };
}

function parseAssignment(reader: TokenReader): readonly (readonly [string, string])[] {
  if (reader.accept('NAMES')) {
    const charset = parseSetting(reader);
    if (reader.accept('COLLATE')) parseSetting(reader);
    return [['character_set_client', charset]];
  }
  if (reader.acceptSymbol('@@')) {
    if (reader.isWord('GLOBAL')) throw notKnown('SET GLOBAL');
    if (reader.accept('SESSION')) reader.expectSymbol('.');
  } else if (reader.isWord('GLOBAL')) throw notKnown('SET GLOBAL');
  else reader.accept('SESSION');
  const name = reader.identifier().toLowerCase();
  reader.expectSymbol('=');
  return [[name, parseSetting(reader)]];
}

/** The text of a setting's value; words and numbers count like strings. */
function parseSetting(reader: TokenReader): string {
  const sign = reader.acceptSymbol('-') ? '-' : '';
  const { kind, text } = reader.peek();
  if (kind === 'end' || kind === 'symbol' || kind === 'name') throw reader.unexpected('a value');
  if (reader.isWord('DEFAULT')) throw notKnown('SET ... = DEFAULT');
  reader.next();
  return `${sign}${text}`;
}

function parseKill(reader: TokenReader): Statement {
  const query = reader.accept('QUERY');
  if (!query) reader.accept('CONNECTION');
  return { kind: 'kill', query, id: reader.integer() };
}

function parseAlter(reader: TokenReader): Statement {
  const name = parseTableName(reader);
  if (reader.accept('REPLACE WITH TABLE')) {
    const other = reader.identifier();
    const properties = parseProperties(reader);
    for (const property of properties.keys()) {
      if (property !== 'swap') throw refused(`Unknown properties: {${property}}`);
    }
    const swap = properties.get('swap') ?? 'true';
    return { kind: 'replace-table', name, other, swap: swap.toLowerCase() === 'true' };
  }
  if (reader.accept('RENAME')) {
    for (const word of ['COLUMN', 'PARTITION', 'ROLLUP']) {
      if (reader.isWord(word) && reader.peek(1).kind !== 'end') throw notKnown(`RENAME ${word}`);
    }
    return { kind: 'rename-table', name, to: reader.identifier() };
  }
  if (!reader.accept('ADD COLUMN')) throw notKnown(`ALTER TABLE ... ${reader.peek().text}`);
  const column = parseColumn(reader);
  for (const word of ['AFTER', 'FIRST'])
    if (reader.isWord(word)) throw notKnown(`ADD COLUMN ... ${word}`);
  return { kind: 'add-column', name, column };
}

function parseDelete(reader: TokenReader): Statement {
  const name = parseTableName(reader);
  if (!reader.accept('WHERE')) throw notKnown('DELETE without WHERE; use TRUNCATE TABLE');
  return { kind: 'delete', name, where: parseExpression(reader) };
}

function parseInsert(reader: TokenReader): Statement {
  const name = parseTableName(reader);
  const columns = reader.isSymbol('(')
    ? reader.parenthesized(() => reader.list(() => reader.identifier()))
    : null;
  if (reader.isWord('SELECT')) throw notKnown('INSERT INTO ... SELECT');
  reader.expect('VALUES');
  const rows = reader.list(() =>
    reader.parenthesized(() => reader.list(() => parseExpression(reader))),
  );
  return { kind: 'insert', name, columns, rows };
}

function parseUpdate(reader: TokenReader): Statement {
  const name = parseTableName(reader);
  reader.expect('SET');
  const assignments = reader.list(() => {
    const column = reader.identifier();
    reader.expectSymbol('=');
    return { column, value: parseExpression(reader) };
  });
  if (!reader.accept('WHERE')) throw notKnown('UPDATE without WHERE');
  return { kind: 'update', name, assignments, where: parseExpression(reader) };
}
