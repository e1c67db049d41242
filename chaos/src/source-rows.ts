import { type NarrowRow, narrowRow } from '@drover/testkit';
import type { Random } from './random.ts';

export interface SourceShape {
  readonly ships: readonly string[];
  readonly hours: number;
}

const FORMATS = ['Decimal', 'Integer', 'String', 'Boolean'] as const;

type Format = (typeof FORMATS)[number];

/** Text as Postgres writes it, so that what comes out can be compared to the letter. */
const VALUES: Record<Format, readonly string[]> = {
  Decimal: [
    ...['0', '-0', '0.1', '-273.15', '1e-307', '5e-324', '1.7976931348623157e+308'],
    ...['0.30000000000000004', '123456789.12345679', 'NaN', 'Infinity', '-Infinity'],
  ],
  Integer: ['0', '-1', '42', '9223372036854775807', '-9223372036854775808', '9007199254740993'],
  String: [
    ...['', ' ', '\x01', 'a\x01b', '\x1b', '\t', '\n', '\r\n', '\\', '\\N', '\\.', 'NULL', 'null'],
    ...['"', "'", '{}', 'x{}', '日本語', '🚢', 'e\u0301', '\ufeff', '\u2028', 'ab'.repeat(300)],
  ],
  Boolean: ['true', 'false'],
};

/** Three of each format; names as the ship's data platform has them, and some that break careless quoting. */
export const CHANNELS: readonly { readonly name: string; readonly format: Format }[] = [
  '/hs4sd_v1/me01//gas//in_bar/press',
  'with "quotes"',
  'select',
  '/hs4sd_v1/ge02//fuel//tank_3/level',
  "it's",
  'back\\slash',
  '/hs4sd_v1/ecdis//route',
  '日本語/🚢',
  '%s $1 {ship}',
  '/hs4sd_v1/bilge//pump//running',
  'tab\there',
  '__proto__',
].map((name, index) => ({ name, format: FORMATS[Math.floor(index / 3)] ?? 'String' }));

export const CHANNELS_OF_LAST_GROUP: readonly string[] = CHANNELS.slice(6).map(({ name }) => name);

const STEP_SECONDS = 60;
const MISSING = 0.1;
const EMPTY = 0.02;
const BAD = 0.001;

/** A series for each ship and channel, with gaps, values that are NULL, and some rows that are bad. */
export function sourceRows(shape: SourceShape, random: Random): NarrowRow[] {
  const rows: NarrowRow[] = [];
  const steps = (shape.hours * 3600) / STEP_SECONDS;
  for (let step = 0; step < steps; step += 1) {
    const time = moment(step * STEP_SECONDS);
    for (const ship of shape.ships) {
      for (const { name, format } of CHANNELS) {
        if (random.next() < MISSING) continue;
        const at = { ship, channel: name, time };
        rows.push(random.next() < BAD ? badRow(at, format) : goodRow(at, format, random));
      }
    }
  }
  // Few rows may draw none, and a run must have some to set aside.
  const at = { ship: shape.ships[0] ?? '', channel: 'select', time: moment(STEP_SECONDS / 2) };
  return [...rows, badRow(at, 'Decimal')];
}

function goodRow(at: Place, format: Format, random: Random): NarrowRow {
  if (random.next() < EMPTY) return narrowRow(at, format, null);
  return narrowRow(at, format, drawValue(format, random));
}

export function drawValue(format: Format, random: Random): string {
  if (format === 'Integer' && random.next() < 0.5) return String(random.between(-1e9, 1e9));
  if (format === 'Decimal' && random.next() < 0.5) return String(random.between(1, 1e6) + 0.5);
  return random.pick(VALUES[format]);
}

interface Place {
  readonly ship: string;
  readonly channel: string;
  readonly time: string;
}

/** The format says one column, another is filled. */
function badRow(at: Place, format: Format): NarrowRow {
  const filled = { Decimal: { long: '7' }, Integer: { double: '1.5' } };
  const other = format === 'Decimal' || format === 'Integer' ? filled[format] : { long: '1' };
  return { ...at, format, ...other };
}

/** Seconds after the start of the series. */
export function moment(seconds: number): string {
  const at = new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
  return at.toISOString().slice(0, 19).replace('T', ' ');
}
