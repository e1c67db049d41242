import { formatTimestamp, parseTimestamp } from '@drover/core';
import type { SourceType } from './source-table.ts';

/**
 * A value between two others of a type on which there is arithmetic, as the server prints it. null for other
 * types, for infinities, and where there is nothing between the two.
 */
export function halfway(
  { schema, name }: Pick<SourceType, 'schema' | 'name'>,
  low: string,
  high: string,
): string | null {
  const line = schema === 'pg_catalog' ? lineOf(name, low, high) : null;
  const [from, to] = [line?.place(low) ?? null, line?.place(high) ?? null];
  if (line === null || from === null || to === null || to - from < 2n) return null;
  return line.text(from + (to - from) / 2n);
}

/** Values of a type as whole numbers of the same order. */
interface Line {
  place(text: string): bigint | null;
  text(place: bigint): string;
}

const INTEGERS: Line = {
  place: (text) => (/^-?\d+$/.test(text) ? BigInt(text) : null),
  text: String,
};

const DAY = 86_400_000_000n;

const DAYS: Line = {
  place(text) {
    const micros = parseTimestamp(text);
    return micros === null ? null : micros / DAY;
  },
  text: (place) => formatTimestamp(place * DAY).replace(' 00:00:00', ''),
};

const MOMENTS: Line = { place: parseTimestamp, text: formatTimestamp };

const MOMENTS_IN_UTC: Line = {
  place: parseTimestamp,
  text: (place) => formatTimestamp(place).replace(/( BC)?$/, '+00$1'),
};

const UUIDS: Line = {
  place: (text) => BigInt(`0x${text.replaceAll('-', '')}`),
  text: (place) =>
    place
      .toString(16)
      .padStart(32, '0')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
};

const LINES: Readonly<Record<string, Line>> = {
  int2: INTEGERS,
  int4: INTEGERS,
  int8: INTEGERS,
  oid: INTEGERS,
  date: DAYS,
  timestamp: MOMENTS,
  timestamptz: MOMENTS_IN_UTC,
  uuid: UUIDS,
};

function lineOf(name: string, low: string, high: string): Line | null {
  if (name !== 'numeric') return LINES[name] ?? null;
  // One digit more than either has, so that there is something between neighbours.
  return decimals(Math.max(fractionOf(low).length, fractionOf(high).length) + 1);
}

function decimals(digits: number): Line {
  const one = 10n ** BigInt(digits);
  return {
    place(text) {
      if (!/^-?\d+(\.\d+)?$/.test(text)) return null;
      return BigInt(text.split('.', 1).join('') + fractionOf(text).padEnd(digits, '0'));
    },
    text(place) {
      const size = place < 0n ? -place : place;
      const fraction = String(size % one).padStart(digits, '0');
      return `${place < 0n ? '-' : ''}${size / one}.${fraction}`;
    },
  };
}

const fractionOf = (text: string): string => text.split('.')[1] ?? '';
