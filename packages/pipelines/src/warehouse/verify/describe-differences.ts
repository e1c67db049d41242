import type { Difference, JsonObject } from '@drover/core';
import { sameLoosely } from './loose-values.ts';
import type { RowDifference } from './match-rows.ts';
import { type RowValue, readRowValues } from './row-values.ts';
import type { Place } from './scope.ts';
import type { Sides } from './sides.ts';
import type { Subject } from './subject.ts';

/** What a person is told of a difference; whether it is stale is decided elsewhere. */
export type Described = Omit<Difference, 'stale'>;

/** So many columns name a row of a table without a key. */
const COLUMNS_OF_A_NAME = 12;

const A_ROW = 'a row';

const OTHER_ROW = 'a row with other content';

/**
 * Differences as people read them: of a row that both sides have, one for each column that differs. A row is
 * named by its key; where it has none, by its first columns.
 * @returns one list for each row, in their order.
 */
export async function describeDifferences(
  { source, target }: Sides,
  subject: Subject,
  place: Place,
  rows: readonly RowDifference[],
): Promise<readonly (readonly Described[])[]> {
  const wanted = rows.filter(({ kind }) => kind === 'different' || subject.keyLength === 0);
  const [ours, theirs] = await Promise.all([
    readRowValues(source, subject, place, hashesOf(wanted, 'source')),
    readRowValues(target, subject, place, hashesOf(wanted, 'target')),
  ]);
  return rows.map((row) => {
    const mine = ours.get(row.source?.hash ?? '');
    const other = theirs.get(row.target?.hash ?? '');
    const key = nameOf(subject, row, mine ?? other ?? []);
    if (row.kind !== 'different') return [wholeRow(key, row)];
    const columns = columnsThatDiffer(subject, mine ?? [], other ?? []);
    // Rows that changed since they were compared, or that more than one row could be.
    if (columns.length === 0) return [{ ...wholeRow(key, row), source: A_ROW, target: OTHER_ROW }];
    return columns.map(({ name, index }) => ({
      key: { ...key, [freeName('column', key)]: name },
      kind: row.kind,
      source: mine?.[index]?.shown ?? null,
      target: other?.[index]?.shown ?? null,
    }));
  });
}

function hashesOf(rows: readonly RowDifference[], side: 'source' | 'target'): string[] {
  return [...new Set(rows.flatMap((row) => row[side]?.hash ?? []))];
}

function wholeRow(key: JsonObject, { kind, rows }: RowDifference): Described {
  const text = rows === 1 ? A_ROW : `${rows} rows that are alike`;
  return {
    key,
    kind,
    source: kind === 'missing' ? text : null,
    target: kind === 'extra' ? text : null,
  };
}

function nameOf(
  { exact, keyLength }: Subject,
  { key, source }: RowDifference,
  values: readonly RowValue[],
): JsonObject {
  const names = exact.slice(0, keyLength === 0 ? COLUMNS_OF_A_NAME : keyLength);
  return Object.fromEntries(
    names.map((column, index) => [
      column.source.name,
      keyLength === 0
        ? (values[index]?.shown ?? null)
        : (source?.printedKey[index] ?? key[index] ?? null),
    ]),
  );
}

function columnsThatDiffer(
  { exact, loose }: Subject,
  source: readonly RowValue[],
  target: readonly RowValue[],
): { name: string; index: number }[] {
  return [...exact, ...loose].flatMap((column, index) => {
    const a = source[index]?.compared ?? null;
    const b = target[index]?.compared ?? null;
    const same = column.canonical === null ? sameLoosely(column, a, b) : a === b;
    return same ? [] : [{ name: column.source.name, index }];
  });
}

/** `column`, unless a column of the key is called that. */
function freeName(name: string, key: JsonObject): string {
  return Object.hasOwn(key, name) ? freeName(`${name}_`, key) : name;
}
