import { hashedRows, looseName, ROW_HASH, textName } from './hashed-rows.ts';
import type { Place } from './scope.ts';
import type { Side } from './sides.ts';
import type { Subject } from './subject.ts';

/** A value of a row: what of it is compared, and what a person is shown of it. */
export interface RowValue {
  /** A hash of its exact text; of a loose column what both sides can tell. */
  readonly compared: string | null;
  readonly shown: string | null;
}

/** Longer values are cut: a person wants to see what differs, not megabytes of it. */
const SHOWN_CHARACTERS = 200;

const SHOWN = new RegExp(`^.{0,${SHOWN_CHARACTERS}}`, 'su');

/** Source: a select list has at most 1,664 entries, and a value takes two. */
const COLUMNS_PER_QUERY = 500;

/**
 * The values of rows of a place, by the rows' hashes: those of the exact columns, then of the loose ones. Of
 * rows with one hash, which only loose columns could tell apart, any.
 */
export async function readRowValues(
  side: Side,
  subject: Subject,
  place: Place,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, readonly RowValue[]>> {
  const values = new Map<string, RowValue[]>();
  if (hashes.length === 0) return values;
  const columns = shownColumns(side, subject);
  for (let at = 0; at < columns.length; at += COLUMNS_PER_QUERY) {
    const batch = columns.slice(at, at + COLUMNS_PER_QUERY);
    const { alias } = side.dialect;
    const list = batch.flatMap(({ compared, shown }, index) => [
      `${compared} AS m${index}`,
      `SUBSTR(${shown}, 1, ${SHOWN_CHARACTERS + 1}) AS s${index}`,
    ]);
    const rows = await side.query(
      `SELECT ${alias}.${ROW_HASH} AS hash, ${list.join(', ')} ${hashedRows(side.dialect, subject, place)} AND ${alias}.${ROW_HASH} IN (${hashes.map((hash) => `'${hash}'`).join(', ')})`,
    );
    for (const row of rows) {
      const known = values.get(row['hash'] ?? '') ?? [];
      batch.forEach((_, index) => {
        known[at + index] = {
          compared: row[`m${index}`] ?? null,
          shown: cut(row[`s${index}`] ?? null),
        };
      });
      values.set(row['hash'] ?? '', known);
    }
  }
  return values;
}

function shownColumns(
  { dialect }: Side,
  { exact, loose }: Subject,
): { compared: string; shown: string }[] {
  const { alias } = dialect;
  return [
    ...exact.map((_, index) => {
      const text = `${alias}.${textName(index)}`;
      return { compared: dialect.md5(text), shown: text };
    }),
    ...loose.map((_, index) => {
      const text = `${alias}.${looseName(index)}`;
      return { compared: text, shown: text };
    }),
  ];
}

function cut(text: string | null): string | null {
  if (text === null) return null;
  const head = SHOWN.exec(text)?.[0] ?? '';
  return head.length < text.length ? `${head}...` : text;
}
