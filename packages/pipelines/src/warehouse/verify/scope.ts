import { type KeyRange, WHOLE_RANGE } from '../key-range.ts';

/**
 * What is compared at a time. A table whose key has the same order in both databases: a range of it. Any
 * other: the rows whose hash begins with these hexadecimal digits, which both databases have to read the whole
 * table for. The hash is that of the key, of the row in a table without one. What is left out does not limit.
 */
export interface Scope {
  readonly range?: KeyRange;
  readonly bucket?: string;
}

/** A scope as the drill narrows it: by ranges, and by several buckets of prefixes equally long. */
export interface Place {
  readonly range: KeyRange;
  readonly buckets: readonly string[];
}

const HEXADECIMAL = /^[0-9a-f]{0,32}$/;

export function placeOf(scope: Scope): Place {
  const { range = WHOLE_RANGE, bucket = '' } = scope;
  if (!HEXADECIMAL.test(bucket)) throw new TypeError('a bucket is named by digits of an MD5 sum');
  return { range, buckets: [bucket] };
}

/** How many digits the prefixes of a place have. */
export function prefixLength({ buckets: [first = ''] }: Place): number {
  return first.length;
}

/** The same for both databases: true for hashes that begin with one of the prefixes. */
export function inBuckets(hash: string, place: Place): string {
  const length = prefixLength(place);
  if (length === 0) return '1 = 1';
  return `SUBSTR(${hash}, 1, ${length}) IN (${place.buckets.map((prefix) => `'${prefix}'`).join(', ')})`;
}
