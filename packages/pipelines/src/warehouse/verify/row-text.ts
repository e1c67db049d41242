/**
 * One text for a row, the same in both databases, and no two rows with the same one: each value is its length
 * in bytes, a colon, and itself; NULL is the colon alone. The length says where a value ends, so that no
 * content can be taken for the end of it.
 */

/** Postgres takes no more arguments in one call. Source: FUNC_MAX_ARGS. */
const MAX_ARGUMENTS = 100;

const ARGUMENTS_PER_VALUE = 3;

/**
 * For Postgres. `concat` leaves NULLs out, which makes the colon of them.
 * @param utf8 whether the database keeps its texts in UTF-8, the encoding that lengths are meant in.
 */
export function sourceRowText(values: readonly string[], utf8: boolean): string {
  const parts: string[] = [];
  const perCall = Math.floor(MAX_ARGUMENTS / ARGUMENTS_PER_VALUE);
  for (let at = 0; at < values.length; at += perCall) {
    const pieces = values
      .slice(at, at + perCall)
      .map((value) => `octet_length(${utf8Bytes(value, utf8)}), ':', ${value}`);
    parts.push(`concat(${pieces.join(', ')})`);
  }
  const [only = "''"] = parts;
  return parts.length > 1 ? `concat(${parts.join(', ')})` : only;
}

/** A text of Postgres as what functions on bytes take. */
export function utf8Bytes(text: string, utf8: boolean): string {
  return utf8 ? text : `convert_to(${text}, 'UTF8')`;
}

/** For Doris, where LENGTH counts bytes and CONCAT with a NULL is NULL. */
export function targetRowText(values: readonly string[]): string {
  if (values.length === 0) return "''";
  const pieces = values.map(
    (value) => `IFNULL(CAST(LENGTH(${value}) AS STRING), ''), ':', IFNULL(${value}, '')`,
  );
  return `CONCAT(${pieces.join(', ')})`;
}

/** What both must give. */
export function rowText(values: readonly (string | null)[]): string {
  return values
    .map((value) => (value === null ? ':' : `${Buffer.byteLength(value)}:${value}`))
    .join('');
}
