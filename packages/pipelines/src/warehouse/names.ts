/** Longest name of a table or a database, in characters. */
const MAX_TABLE_NAME = 64;

/** Longest name of a column, in characters. */
const MAX_COLUMN_NAME = 256;

/** What both generations take; the older one wants a letter in front. */
const TABLE_NAME = /^[a-z][a-z0-9_-]*$/i;

/** The set of both generations without other white space than the blank, which no HTTP header could carry. */
const NOT_IN_COLUMN_NAME = /[^.a-zA-Z0-9_+\-/?@#$%^&*" ,:]/gu;

/** Prefix of the server's own columns. */
const HIDDEN_PREFIX = /^__DORIS_/i;

const SERVER_DATABASES = new Set(['information_schema', 'mysql', '__internal_schema']);

/** An identifier of Doris, always quoted. */
export function targetIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Why this is no name for a table or database; null where it is one. */
export function tableNameFault(name: string): string | null {
  if (name.length > MAX_TABLE_NAME) {
    return `has ${name.length} characters; Doris takes at most ${MAX_TABLE_NAME}`;
  }
  if (!TABLE_NAME.test(name)) return 'is not a letter followed by letters, digits, _ and -';
  return SERVER_DATABASES.has(name.toLowerCase()) ? 'belongs to the server' : null;
}

/** Why this is no name for a column; null where it is one. */
export function columnNameFault(name: string): string | null {
  if (name.length < 1 || name.length > MAX_COLUMN_NAME) {
    return `has ${name.length} characters; Doris takes 1 to ${MAX_COLUMN_NAME}`;
  }
  return cleanColumnName(name) === name
    ? null
    : 'has characters or a prefix that Doris does not take';
}

/** The name that a pattern gives for a table, whether Doris takes it or not. */
export function expandPattern(
  pattern: string,
  source: { readonly schema: string; readonly name: string },
): string {
  return pattern.replaceAll(/\{(schema|table)\}/g, (_, word: string) =>
    word === 'schema' ? source.schema : source.name,
  );
}

/**
 * The name of a table or database with `_` for what Doris does not take, and with `prefix` before it where it
 * begins with no letter. It may still be too long, or that of another table.
 */
export function cleanTableName(name: string, prefix: string): string {
  const clean = name.replaceAll(/[^a-zA-Z0-9_-]/gu, '_');
  return /^[a-z]/i.test(clean) ? clean : `${prefix}${clean}`;
}

/**
 * Names in the target by names in the source. Doris takes `A` and `a` for the same column: of such names the
 * first in the order of code units stays, the others get `_2`, `_3` and so on. Names that the file gives are
 * taken as they are. The order of the columns does not matter.
 */
export function columnNames(
  columns: readonly string[],
  given: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const names = new Map(columns.flatMap((column) => givenName(column, given)));
  const taken = new Set([...names.values()].map((name) => name.toLowerCase()));
  const derived = columns.filter((column) => !names.has(column)).sort(byCodeUnits);
  const take = (column: string, name: string): boolean => {
    if (taken.has(name.toLowerCase())) return false;
    taken.add(name.toLowerCase());
    names.set(column, name);
    return true;
  };
  // Names that can stay come first, so that no altered one takes their place.
  const altered = derived.filter(
    (column) => cleanColumnName(column) !== column || !take(column, column),
  );
  for (const column of altered) {
    const clean = cleanColumnName(column);
    for (let n = 1; !take(column, n === 1 ? clean : `${clean}_${n}`); n++);
  }
  return names;
}

function givenName(column: string, given: ReadonlyMap<string, string>): [string, string][] {
  const name = given.get(column);
  return name === undefined ? [] : [[column, name]];
}

function cleanColumnName(name: string): string {
  const clean = name.replaceAll(NOT_IN_COLUMN_NAME, '_');
  return HIDDEN_PREFIX.test(clean) ? `c${clean}` : clean;
}

/** Not by locale: the result must be the same on every machine. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
