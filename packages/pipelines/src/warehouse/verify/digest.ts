import type { ColumnPlan } from '../table-plan.ts';
import type { TargetRow } from '../target-sql.ts';
import {
  type FloatDigest,
  floatInputs,
  floatMeasures,
  floatsDiffer,
  parseFloatDigest,
} from './float-digest.ts';
import { hashedRows, keyHash, looseName, ROW_HASH, textName } from './hashed-rows.ts';
import { isFloat } from './loose-values.ts';
import { type Place, prefixLength } from './scope.ts';
import type { Side } from './sides.ts';
import type { Subject } from './subject.ts';

/** What a side has in a place, in a few numbers. Sums of hashes do not depend on the order of the rows. */
export interface Digest {
  readonly rows: number;
  /** Of each exact and then each loose column, how many values are not NULL. */
  readonly counts: readonly bigint[];
  /** Sums of the four words of the rows' hashes. */
  readonly rowSums: readonly bigint[];
  /** The same of the keys' hashes: equal where only contents differ. */
  readonly keySums: readonly bigint[];
  /** By name of those loose columns that hold floats. */
  readonly floats: ReadonlyMap<string, FloatDigest>;
}

/** The digests of both sides. */
export interface DigestPair {
  readonly source: Digest;
  readonly target: Digest;
}

/** Hexadecimal digits of a hash, eight at a time: 32 bits, whose sums both databases can hold. */
const WORDS = [0, 1, 2, 3] as const;

export async function digestPlace(side: Side, subject: Subject, place: Place): Promise<Digest> {
  const digests: Digest[] = [];
  for (const pass of passesOf(subject)) {
    const [row] = await side.query(
      `SELECT ${measures(side, pass)} ${rowsOf(side, pass.subject, place)}`,
    );
    digests.push(parseDigest(row ?? {}, pass));
  }
  return joined(digests);
}

/** One digest for each longer prefix that occurs, `digits` longer than those of the place. */
export async function digestBuckets(
  side: Side,
  subject: Subject,
  place: Place,
  digits: number,
): Promise<ReadonlyMap<string, Digest>> {
  const { alias } = side.dialect;
  const prefix = `SUBSTR(${alias}.${keyHash(subject)}, 1, ${prefixLength(place) + digits})`;
  const buckets = new Map<string, Digest[]>();
  for (const pass of passesOf(subject)) {
    const rows = await side.query(
      `SELECT ${prefix} AS bucket, ${measures(side, pass)} ${rowsOf(side, pass.subject, place)} GROUP BY ${prefix}`,
    );
    for (const row of rows) {
      const bucket = row['bucket'] ?? '';
      buckets.set(bucket, [...(buckets.get(bucket) ?? []), parseDigest(row, pass)]);
    }
  }
  return new Map([...buckets].map(([bucket, digests]) => [bucket, joined(digests)]));
}

/** One look at the rows: the first measures the hashes and the exact columns, all of them some loose columns. */
interface Pass {
  /** With the loose columns of this pass. */
  readonly subject: Subject;
  readonly isFirst: boolean;
}

/** A query of Postgres, or a subquery in it, has at most 1,664 results; a few go to hashes and sums. */
const RESULTS = 1_650;

/** What a loose column takes of them: its count and ten figures, and in the subquery itself and two inputs. */
const RESULTS_OF_LOOSE = 11;
const INPUTS_OF_LOOSE = 3;

/** More than one where a table has more columns of floats than one query can measure. */
function passesOf(subject: Subject): Pass[] {
  const { exact, loose } = subject;
  const room = Math.floor((RESULTS - exact.length) / INPUTS_OF_LOOSE);
  const most = Math.min(room, Math.floor(RESULTS / RESULTS_OF_LOOSE));
  const inFirst = Math.min(room, Math.floor((RESULTS - exact.length) / RESULTS_OF_LOOSE));
  const passes = [{ subject: { ...subject, loose: loose.slice(0, inFirst) }, isFirst: true }];
  for (let at = inFirst; at < loose.length; at += most) {
    passes.push({ subject: { ...subject, loose: loose.slice(at, at + most) }, isFirst: false });
  }
  return passes;
}

function joined([first, ...others]: readonly Digest[]): Digest {
  if (first === undefined) throw new TypeError('a digest has at least one pass');
  return {
    ...first,
    counts: [first, ...others].flatMap(({ counts }) => counts),
    floats: new Map([first, ...others].flatMap(({ floats }) => [...floats])),
  };
}

/** Whether the sides differ as far as digests can tell. */
export function differ(source: Digest | undefined, target: Digest | undefined): boolean {
  if (source === undefined || target === undefined) return source !== target;
  return (
    source.rows !== target.rows ||
    unequal(source.counts, target.counts) ||
    unequal(source.rowSums, target.rowSums) ||
    unequal(source.keySums, target.keySums) ||
    [...source.floats].some(([name, ours]) => {
      const theirs = target.floats.get(name);
      return theirs === undefined || floatsDiffer(ours, theirs);
    })
  );
}

/** Names of the columns that do not have as many values on both sides: NULLs that should be none, mostly. */
export function columnsWithOtherCounts(subject: Subject, { source, target }: DigestPair): string[] {
  return [...subject.exact, ...subject.loose]
    .filter((_, index) => source.counts[index] !== target.counts[index])
    .map((column) => column.source.name);
}

function rowsOf({ dialect }: Side, subject: Subject, place: Place): string {
  const inputs = floatsOf(subject).flatMap((column, index) => floatInputs(dialect, column, index));
  return hashedRows(dialect, subject, place, inputs);
}

function floatsOf({ loose }: Subject): ColumnPlan[] {
  return loose.filter(isFloat);
}

function measures({ dialect }: Side, { subject, isFirst }: Pass): string {
  const { alias } = dialect;
  const exact = isFirst ? subject.exact.map((_, index) => textName(index)) : [];
  const counted = [...exact, ...subject.loose.map((_, index) => looseName(index))];
  const sums = (hash: string, name: string) =>
    WORDS.map((word) => `${dialect.wordSum(`${alias}.${hash}`, word)} AS ${name}${word}`);
  const key = keyHash(subject);
  const weight = subject.keyLength === 0 ? null : `${alias}.${key}`;
  return [
    'COUNT(*) AS found',
    ...counted.map((name, index) => `COUNT(${alias}.${name}) AS c${index}`),
    ...(isFirst ? sums(ROW_HASH, 'r') : []),
    ...(isFirst && key !== ROW_HASH ? sums(key, 'k') : []),
    ...floatsOf(subject).flatMap((column, index) => floatMeasures(dialect, column, index, weight)),
  ].join(', ');
}

function parseDigest(row: TargetRow, { subject, isFirst }: Pass): Digest {
  // A sum over no rows is NULL.
  const number = (name: string) => BigInt(row[name] ?? 0);
  const counted = subject.loose.length + (isFirst ? subject.exact.length : 0);
  const rowSums = WORDS.map((word) => number(`r${word}`));
  return {
    rows: Number(row['found'] ?? 0),
    counts: Array.from({ length: counted }, (_, index) => number(`c${index}`)),
    rowSums,
    keySums: row['k0'] === undefined ? rowSums : WORDS.map((word) => number(`k${word}`)),
    floats: new Map(
      floatsOf(subject).map((column, index) => [
        column.source.name,
        parseFloatDigest(row, column, index),
      ]),
    ),
  };
}

function unequal(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.some((one, index) => one !== b[index]);
}
