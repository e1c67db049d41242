import { DroverError, type SqlExecutor } from '@drover/core';

/**
 * How a value is hashed inside a database. `native` is what Postgres itself uses for hash tables: fast,
 * and equal on servers of one byte order and encoding, which `chooseHashing` makes sure of. `md5` is
 * equal everywhere and some ten times slower.
 */
export type Hashing = 'native' | 'md5';

/** SQL of a 64-bit hash of a value, seeded by the hash of its row's time. */
export function valueHash(
  hashing: Hashing,
  expression: string,
  type: string,
  seed: string,
): string {
  if (hashing === 'md5') return md5Hash(`${exactText(expression, type)} || ' ' || ${seed}`);
  // The hash of a float takes -0 for 0, and before Postgres 14 not all NaN for the same: both go by text.
  if (type === 'double precision') {
    return `case when ${expression} = 0 or ${expression} = 'NaN' then hashtextextended(${expression}::text, ${seed}) else hashfloat8extended(${expression}, ${seed}) end`;
  }
  if (type === 'bigint') return `hashint8extended(${expression}, ${seed})`;
  return `hashtextextended((${expression}::text) collate "C", ${seed})`;
}

/** SQL of the hash of a time. The session's zone is UTC: with and without a zone are treated alike. */
export function timeHash(hashing: Hashing, expression: string): string {
  return hashing === 'md5'
    ? md5Hash(`${expression}::timestamp::text`)
    : `timestamp_hash_extended(${expression}::timestamp, 0)`;
}

/** A value as text that tells apart whatever differs; floats by their bits, as versions print them differently. */
export function exactText(expression: string, type: string): string {
  return type === 'double precision'
    ? `encode(float8send(${expression}), 'hex')`
    : `(${expression}::text) collate "C"`;
}

function md5Hash(text: string): string {
  return `('x' || substr(md5(convert_to(${text}, 'UTF8')), 1, 16))::bit(64)::bigint`;
}

const GOLDEN_VALUES = `(values
    (timestamp '2026-01-31 08:15:30.123456', float8 '0.1', int8 '42', text 'plain'),
    (timestamp 'infinity', float8 '-0', int8 '-9223372036854775808', E'tab\\t \\\\N \\u00e9 \\U0001F6A2'),
    (timestamp '0044-03-15 00:00:00 BC', float8 'NaN', int8 '9223372036854775807', ''),
    (timestamp '1970-01-01', float8 '-1.7976931348623157e308', int8 '0', '1'),
    (timestamp '-infinity', float8 'Infinity', int8 '-1', 'true')) as golden(t, d, i, s)`;

/** Chooses a hashing in which both servers agree on rows that are known beforehand. */
export async function chooseHashing(source: SqlExecutor, target: SqlExecutor): Promise<Hashing> {
  for (const hashing of ['native', 'md5'] as const) {
    const seed = timeHash(hashing, 't');
    const query = `select ${seed} as time, ${valueHash(hashing, 'd', 'double precision', seed)} as float,
      ${valueHash(hashing, 'i', 'bigint', seed)} as int, ${valueHash(hashing, 's', 'text', seed)} as text
      from ${GOLDEN_VALUES}`;
    const answers = await Promise.all([answer(source, query), answer(target, query)]);
    if (answers[0] !== null && answers[0] === answers[1]) return hashing;
  }
  throw new DroverError('DIGEST_UNRELIABLE');
}

/** null where the server cannot compute it, for example because its encoding lacks a character. */
async function answer(sql: SqlExecutor, query: string): Promise<string | null> {
  try {
    return JSON.stringify(await sql.query(query));
  } catch (error) {
    const lacking =
      error instanceof DroverError && ['INVALID_VALUE', 'UNDEFINED_OBJECT'].includes(error.code);
    if (lacking) return null;
    throw error;
  }
}
