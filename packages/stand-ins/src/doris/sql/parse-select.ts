import { parseExpression } from './parse-expression.ts';
import { notKnown } from './sql-error.ts';
import type { Order, Query, SelectItem, Source, TableName } from './syntax.ts';
import type { TokenReader } from './token-reader.ts';

/** Reads from SELECT to the end of the query: one table or one subquery, no joins, no unions. */
export function parseQuery(reader: TokenReader): Query {
  reader.expect('SELECT');
  const distinct = reader.accept('DISTINCT');
  const items = reader.list(() => parseItem(reader));
  const source = reader.accept('FROM') ? parseSource(reader) : null;
  const where = reader.accept('WHERE') ? parseExpression(reader) : null;
  const groupBy = reader.accept('GROUP BY') ? reader.list(() => parseExpression(reader)) : [];
  const having = reader.accept('HAVING') ? parseExpression(reader) : null;
  const orderBy = reader.accept('ORDER BY') ? reader.list(() => parseOrder(reader)) : [];
  const { limit, offset } = parseLimit(reader);
  for (const word of ['UNION', 'INTERSECT', 'EXCEPT', 'FOR', 'INTO', 'WINDOW', 'QUALIFY']) {
    if (reader.isWord(word)) throw notKnown(`${word} in a query`);
  }
  return { distinct, items, source, where, groupBy, having, orderBy, limit, offset };
}

/** `table` or `database`.`table`. */
export function parseTableName(reader: TokenReader): TableName {
  const first = reader.identifier();
  if (!reader.acceptSymbol('.')) return { database: null, table: first };
  return { database: first, table: reader.identifier() };
}

function parseItem(reader: TokenReader): SelectItem {
  if (reader.acceptSymbol('*')) return { kind: 'all', qualifier: [] };
  if (reader.isSymbol('.', 1) && reader.isSymbol('*', 2)) {
    const qualifier = [reader.identifier()];
    reader.expectSymbol('.');
    reader.expectSymbol('*');
    return { kind: 'all', qualifier };
  }
  const from = reader.peek().at;
  const expression = parseExpression(reader);
  const written = reader.textFrom(from);
  const alias = parseAlias(reader);
  const name = alias ?? (expression.kind === 'column' ? expression.name : written);
  return { kind: 'expression', expression, name };
}

function parseAlias(reader: TokenReader): string | null {
  const explicit = reader.accept('AS');
  const token = reader.peek();
  if (explicit && token.kind === 'string') return reader.string();
  if (explicit || token.kind === 'name' || (token.kind === 'word' && !isClause(token.text))) {
    return reader.identifier();
  }
  return null;
}

/** Words after an item or a table that begin the next clause. */
function isClause(word: string): boolean {
  return /^(?:FROM|WHERE|GROUP|HAVING|ORDER|LIMIT|UNION|INTERSECT|EXCEPT|FOR|INTO|WINDOW|QUALIFY|JOIN|INNER|LEFT|RIGHT|FULL|CROSS|ON|USING|ASC|DESC|PARTITION|TABLET|LATERAL|SET)$/i.test(
    word,
  );
}

function parseSource(reader: TokenReader): Source {
  const source = reader.isSymbol('(') ? parseSubquery(reader) : parseTable(reader);
  if (reader.isSymbol(',')) throw notKnown('joins');
  for (const word of [
    'JOIN',
    'INNER',
    'LEFT',
    'RIGHT',
    'FULL',
    'CROSS',
    'PARTITION',
    'TABLET',
    'LATERAL',
  ]) {
    if (reader.isWord(word)) throw notKnown(`${word} after a table`);
  }
  return source;
}

function parseTable(reader: TokenReader): Source {
  const name = parseTableName(reader);
  return { kind: 'table', ...name, alias: parseAlias(reader) };
}

function parseSubquery(reader: TokenReader): Source {
  const query = reader.parenthesized(() => parseQuery(reader));
  const alias = parseAlias(reader);
  if (alias === null) throw reader.unexpected('an alias: every derived table must have its own');
  return { kind: 'query', query, alias };
}

function parseOrder(reader: TokenReader): Order {
  const expression = parseExpression(reader);
  const descending = reader.accept('DESC');
  if (!descending) reader.accept('ASC');
  let nullsFirst = !descending;
  if (reader.accept('NULLS FIRST')) nullsFirst = true;
  else if (reader.accept('NULLS LAST')) nullsFirst = false;
  return { expression, descending, nullsFirst };
}

function parseLimit(reader: TokenReader): { limit: number | null; offset: number } {
  if (!reader.accept('LIMIT')) return { limit: null, offset: 0 };
  const first = reader.integer();
  if (reader.acceptSymbol(',')) return { limit: reader.integer(), offset: first };
  return { limit: first, offset: reader.accept('OFFSET') ? reader.integer() : 0 };
}
