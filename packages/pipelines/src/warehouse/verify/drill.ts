import { type DigestPair, differ, digestBuckets, digestPlace } from './digest.ts';
import { cutRange } from './key-cuts.ts';
import { matchRows, type RowDifference } from './match-rows.ts';
import { readRows } from './rows.ts';
import { type Place, prefixLength } from './scope.ts';
import type { Sides } from './sides.ts';
import type { Subject } from './subject.ts';

export interface Drill {
  readonly sides: Sides;
  readonly subject: Subject;
  readonly limits: DrillLimits;
  /** Called between queries, e.g. to wait where the load is limited. */
  told(): Promise<void>;
  /** Whether a person has seen enough: what would take many more passes is then no longer read. */
  enough(): boolean;
}

export interface DrillLimits {
  /** A part of a range with no more rows than this on either side is read row by row. */
  readonly rangeRows: number;
  /** Buckets are read together up to this, as each look at them costs a pass over all rows. */
  readonly bucketRows: number;
  /** Hexadecimal digits by which one pass makes the prefixes longer, at most. */
  readonly digits: number;
  /** So many buckets are read in any case, before `enough` is asked. */
  readonly passes: number;
}

/** What is read at a time takes some tens of megabytes at most: keys and hashes of the rows. */
export const DRILL_LIMITS: DrillLimits = {
  rangeRows: 2_000,
  bucketRows: 50_000,
  digits: 3,
  passes: 20,
};

/** A bucket of a longer prefix holds nothing but rows that are alike. */
const LONGEST_PREFIX = 16;

/** Rows that differ, and the small place that all of them are in. */
export interface FoundRows {
  readonly place: Place;
  readonly rows: readonly RowDifference[];
  /** Buckets that differ too and were not read: at least one row in each. */
  readonly unread: number;
}

/**
 * The rows of a place that are not the same on both sides, a batch at a time, however many there are. Only
 * where digests differ is looked at.
 */
export async function* differingRows(drill: Drill, place: Place): AsyncGenerator<FoundRows> {
  await drill.told();
  const { source, target } = await digestBoth(drill, place);
  if (!differ(source, target)) return;
  const { rangeRows } = drill.limits;
  const rows = Math.max(source.rows, target.rows);
  if (rows <= rangeRows) {
    yield await compareRows(drill, place);
  } else if (hasOrder(drill.subject, place) && source.rows > rangeRows) {
    for (const range of await cutRange(
      drill.sides.source,
      drill.subject,
      place.range,
      source.rows,
    )) {
      yield* differingRows(drill, { ...place, range });
    }
  } else {
    // Also what the source has little of: keys that only the target has are no places to cut at.
    yield* differingBuckets(drill, place, rows);
  }
}

/** Both digests of a place. */
export async function digestBoth(
  { sides, subject }: Pick<Drill, 'sides' | 'subject'>,
  place: Place,
): Promise<DigestPair> {
  const [source, target] = await Promise.all([
    digestPlace(sides.source, subject, place),
    digestPlace(sides.target, subject, place),
  ]);
  return { source, target };
}

/** One pass finds the longer prefixes that differ; those with few rows are read together. */
async function* differingBuckets(
  drill: Drill,
  place: Place,
  rows: number,
): AsyncGenerator<FoundRows> {
  const differing = await bucketsThatDiffer(drill, place, rows);
  let unread = differing.length;
  let passes = 0;
  for (const { buckets, found } of batches(differing, drill.limits.bucketRows)) {
    if (passes >= drill.limits.passes && drill.enough()) {
      yield { place, rows: [], unread };
      return;
    }
    const part = { ...place, buckets };
    const [first = ''] = buckets;
    if (found > drill.limits.bucketRows && first.length < LONGEST_PREFIX) {
      yield* differingBuckets(drill, part, found);
    } else {
      yield await compareRows(drill, part);
    }
    unread -= buckets.length;
    passes += 1;
  }
}

/** Buckets that are read together; one with more rows than are read at a time stays alone. */
function* batches(
  differing: readonly { bucket: string; found: number }[],
  most: number,
): Generator<{ buckets: string[]; found: number }> {
  let batch: { buckets: string[]; found: number } = { buckets: [], found: 0 };
  for (const { bucket, found } of differing) {
    if (batch.found + found > most && batch.buckets.length > 0) {
      yield batch;
      batch = { buckets: [], found: 0 };
    }
    batch.buckets.push(bucket);
    batch.found += found;
  }
  if (batch.buckets.length > 0) yield batch;
}

async function bucketsThatDiffer(
  drill: Drill,
  place: Place,
  rows: number,
): Promise<{ bucket: string; found: number }[]> {
  await drill.told();
  const { sides, subject, limits } = drill;
  const wanted = Math.ceil(Math.log(rows / limits.rangeRows + 1) / Math.log(16));
  const digits = Math.min(limits.digits, wanted);
  const [source, target] = await Promise.all([
    digestBuckets(sides.source, subject, place, digits),
    digestBuckets(sides.target, subject, place, digits),
  ]);
  return [...new Set([...source.keys(), ...target.keys()])]
    .filter((bucket) => differ(source.get(bucket), target.get(bucket)))
    .map((bucket) => ({
      bucket,
      found: Math.max(source.get(bucket)?.rows ?? 0, target.get(bucket)?.rows ?? 0),
    }));
}

async function compareRows(drill: Drill, place: Place): Promise<FoundRows> {
  await drill.told();
  const { sides, subject } = drill;
  // The target first: what comes to both meanwhile must not look as if only the target had it.
  const target = await readRows(sides.target, subject, place);
  const source = await readRows(sides.source, subject, place);
  return { place, rows: matchRows(subject, source, target), unread: 0 };
}

/** Whether ranges of the key hold the same rows on both sides, and get smaller wherever they are cut. */
function hasOrder({ plan, keyLength }: Subject, place: Place): boolean {
  const unique = plan.source.key !== null && plan.source.key.origin !== 'file';
  return plan.sameOrder && unique && keyLength > 0 && prefixLength(place) === 0;
}
