import { parseTableName } from './parse-select.ts';
import { parseWrittenType } from './parse-type.ts';
import { notKnown, refused } from './sql-error.ts';
import type { CreateTable, WrittenColumn } from './syntax.ts';
import type { TokenReader } from './token-reader.ts';

/** What follows CREATE TABLE, in the order of its clauses; the rules are another file's. */
export function parseCreateTable(reader: TokenReader): CreateTable {
  const ifNotExists = reader.accept('IF NOT EXISTS');
  const name = parseTableName(reader);
  if (reader.isWord('LIKE') || reader.isWord('AS')) {
    throw notKnown(`CREATE TABLE ... ${reader.peek().text}`);
  }
  const columns = reader.parenthesized(() => reader.list(() => parseColumn(reader)));
  if (reader.accept('ENGINE')) {
    reader.acceptSymbol('=');
    const engine = reader.identifier();
    if (engine.toUpperCase() !== 'OLAP') throw notKnown(`tables of the engine ${engine}`);
  }
  const model = parseModel(reader);
  const comment = reader.accept('COMMENT') ? reader.string() : '';
  if (reader.isWord('PARTITION') || reader.isWord('AUTO')) throw notKnown('partitioned tables');
  const distribution = parseDistribution(reader);
  const buckets = parseBuckets(reader);
  return {
    kind: 'create-table',
    name,
    ifNotExists,
    columns,
    model,
    distribution,
    buckets,
    properties: parseProperties(reader),
    comment,
  };
}

export function parseColumn(reader: TokenReader): WrittenColumn {
  for (const word of ['INDEX', 'PRIMARY', 'CONSTRAINT']) {
    if (reader.isWord(word)) throw notKnown(`${word} among the columns`);
  }
  const name = reader.identifier();
  const type = parseWrittenType(reader);
  for (const word of ['KEY', 'SUM', 'MIN', 'MAX', 'REPLACE', 'GENERATED', 'AS']) {
    if (reader.isWord(word)) throw notKnown(`${word} after a column's type`);
  }
  let nullable: boolean | null = null;
  if (reader.accept('NOT NULL')) nullable = false;
  else if (reader.accept('NULL')) nullable = true;
  for (const word of ['DEFAULT', 'AUTO_INCREMENT', 'ON']) {
    if (reader.isWord(word)) throw notKnown(`${word} of a column`);
  }
  const comment = reader.accept('COMMENT') ? reader.string() : '';
  return { name, type, nullable, comment };
}

/** `PROPERTIES ("name" = "value", ...)`, or nothing. */
export function parseProperties(reader: TokenReader): ReadonlyMap<string, string> {
  if (!reader.accept('PROPERTIES')) return new Map();
  const entries = reader.parenthesized(() =>
    reader.list((): [string, string] => {
      const name = reader.string();
      reader.expectSymbol('=');
      return [name, reader.string()];
    }),
  );
  return new Map(entries);
}

function parseModel(reader: TokenReader): CreateTable['model'] {
  if (reader.isWord('AGGREGATE')) throw notKnown('AGGREGATE KEY');
  const kind = (['UNIQUE', 'DUPLICATE'] as const).find((word) => reader.accept(`${word} KEY`));
  if (kind === undefined) return null;
  const keys = reader.parenthesized(() => reader.list(() => reader.identifier()));
  if (reader.isWord('CLUSTER')) throw notKnown('CLUSTER BY');
  return { kind, keys };
}

function parseDistribution(reader: TokenReader): CreateTable['distribution'] {
  if (!reader.accept('DISTRIBUTED BY')) {
    throw refused('Create olap table should contain distribution desc');
  }
  if (reader.accept('RANDOM')) return { kind: 'RANDOM', columns: [] };
  reader.expect('HASH');
  const columns = reader.parenthesized(() => reader.list(() => reader.identifier()));
  return { kind: 'HASH', columns };
}

/** Buckets that a table has where its statement names none (§7). */
const DEFAULT_BUCKETS = 10;

function parseBuckets(reader: TokenReader): CreateTable['buckets'] {
  if (!reader.accept('BUCKETS')) return DEFAULT_BUCKETS;
  return reader.accept('AUTO') ? 'AUTO' : reader.integer();
}
