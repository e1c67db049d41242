import { identifier } from '@drover/postgres';
import type { TargetRow } from '../target-sql.ts';
import { type Extra, hashedRows, looseName, ROW_HASH, textName } from './hashed-rows.ts';
import { sameLoosely } from './loose-values.ts';
import type { Place } from './scope.ts';
import type { Side } from './sides.ts';
import type { Subject } from './subject.ts';

/** Rows of one side that are alike in all that is compared: one, in a table with a key. */
export interface Copies {
  readonly hash: string;
  /** Of each loose column. */
  readonly loose: readonly (string | null)[];
  readonly copies: number;
  /** Transaction that wrote it, as `xmin` prints it; empty where there is none, and in the target. */
  readonly xmin: string;
  /** The source's rows, in a table without a key: whether a rule of the migration sets it aside. */
  readonly misfit: boolean;
  /** The source's rows: the values of the key as the server prints them. */
  readonly printedKey: readonly (string | null)[];
}

/** What the rows of one side that have one key are. */
export interface KeyedRows {
  /** Exact texts of the key; in a table without a key the row's hash. */
  readonly key: readonly (string | null)[];
  readonly rows: Copies[];
}

/** All rows of a place, by key. For places of some ten thousand rows at most. */
export async function readRows(
  side: Side,
  subject: Subject,
  place: Place,
): Promise<ReadonlyMap<string, KeyedRows>> {
  const { alias } = side.dialect;
  const extras = side.dialect.side === 'source' ? sourceExtras(subject) : [];
  const columns = [
    ...keyNames(subject),
    ROW_HASH,
    ...subject.loose.map((_, index) => looseName(index)),
    ...extras.map(({ name }) => name),
  ].map((name) => `${alias}.${name}`);
  const rows = await side.query(
    `SELECT ${columns.map((column) => `${column} AS ${column.slice(2)}`).join(', ')}, COUNT(*) AS copies ${hashedRows(side.dialect, subject, place, extras)} GROUP BY ${columns.join(', ')}`,
  );
  const byKey = new Map<string, KeyedRows>();
  for (const row of rows) {
    const key = keyNames(subject).map((name) => row[name] ?? null);
    const name = JSON.stringify(key);
    const known = byKey.get(name);
    const copies = copiesOf(row, subject);
    if (known === undefined) byKey.set(name, { key, rows: [copies] });
    else known.rows.push(copies);
  }
  return byKey;
}

/** Whether rows are the same as far as both sides can tell. */
export function alike(subject: Subject, source: Copies, target: Copies): boolean {
  return (
    source.hash === target.hash &&
    subject.loose.every((column, index) =>
      sameLoosely(column, source.loose[index] ?? null, target.loose[index] ?? null),
    )
  );
}

function keyNames({ keyLength }: Subject): string[] {
  if (keyLength === 0) return [ROW_HASH];
  return Array.from({ length: keyLength }, (_, index) => textName(index));
}

/** What only the source is asked: who wrote the row, and how its key is printed there. */
function sourceExtras({ plan, exact, keyLength }: Subject): Extra[] {
  const { kind } = plan.source;
  const hasVersions = kind !== 'view' && kind !== 'foreign table';
  // Rejects of a table with a key are known by their keys.
  const misfits = keyLength > 0 ? [] : plan.columns.flatMap((column) => column.misfits);
  const conditions = misfits.map(({ condition }) => condition);
  return [
    { name: 'drover_x', sql: hasVersions ? 's.xmin::text' : "''" },
    { name: 'drover_m', sql: conditions.length === 0 ? 'false' : `(${conditions.join(' or ')})` },
    ...exact.slice(0, keyLength).map(({ source }, index) => ({
      name: printedName(index),
      sql: `s.${identifier(source.name)}::text`,
    })),
  ];
}

function printedName(index: number): string {
  return `drover_p${index}`;
}

function copiesOf(row: TargetRow, { loose, keyLength }: Subject): Copies {
  return {
    hash: row[ROW_HASH] ?? '',
    loose: loose.map((_, index) => row[looseName(index)] ?? null),
    copies: Number(row['copies']),
    xmin: row['drover_x'] ?? '',
    misfit: row['drover_m'] === 't',
    printedKey: Array.from({ length: keyLength }, (_, index) => row[printedName(index)] ?? null),
  };
}
