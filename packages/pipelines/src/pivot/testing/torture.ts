import { type NarrowRow, narrowRow } from '@drover/testkit';

const CONTROLS = Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1));

/** Texts that break careless framing: separators, escapes, marks of NULL and of the end of data. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  '\x01',
  '\x01\x01',
  '\x01\x01\x01',
  'a\x01',
  '\x01a',
  'a\x01A\x01n',
  '\x02',
  '\x1b',
  '\x1bN',
  '\x1bS\x1bE',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\\',
  '\\\\',
  '\\N',
  '\\.',
  '\\.\n',
  '\\n',
  '\\t',
  '\\\t',
  '\\x01',
  'NULL',
  'null',
  '"',
  '""',
  "'",
  "''",
  "E'\\\\'",
  '{}',
  '{"a":"b\\n"}',
  'n',
  'x',
  'A',
  'x{}',
  CONTROLS.join(''),
  CONTROLS.join('\\'),
  '\x7f',
  '\u0080\u009f',
  'é',
  'e\u0301',
  '日本語',
  '🚢',
  '👩‍👩‍👧‍👦',
  '\u{10ffff}',
  '\ufeff',
  '\u2028\u2029',
  'ab'.repeat(5000),
];

/** Channel ids of the same kind; all can be column names. */
export const HOSTILE_CHANNELS: readonly string[] = [
  '/hs4sd_v1/me01//gas//in_bar/press',
  ' ',
  'a',
  'A',
  'id',
  'select',
  'with "quotes"',
  "with 'apostrophes'",
  'back\\slash',
  'tab\there',
  'new\nline',
  'carriage\rreturn',
  '\x01',
  'a\x01b',
  'a\x01',
  '\x01a',
  '\x1b',
  '\x1bS',
  '\\N',
  '\\.',
  '日本語/🚢',
  '%s $1 {ship}',
  'é'.repeat(31),
  '__proto__',
  'constructor',
];

export const NUMBERS = {
  Decimal: [
    '0',
    '-0',
    '1',
    '0.1',
    '-273.15',
    '1e-307',
    '5e-324',
    '2.2250738585072014e-308',
    '1.7976931348623157e+308',
    '-1.7976931348623157e+308',
    '123456789.12345679',
    '0.30000000000000004',
    'NaN',
    'Infinity',
    '-Infinity',
  ],
  Integer: ['0', '-1', '42', '9223372036854775807', '-9223372036854775808', '9007199254740993'],
  Boolean: ['true', 'false'],
} as const;

const MOMENTS: readonly string[] = [
  '2026-01-31 08:15:30',
  '2026-01-31 08:15:30.1',
  '2026-01-31 08:15:30.123456',
  '2026-01-31 08:15:30.123457',
  '1970-01-01 00:00:00',
  '1969-12-31 23:59:59.999999',
  '0044-03-15 00:00:00 BC',
  '4713-01-01 00:00:00 BC',
  '294276-12-31 23:59:59.999999',
  'infinity',
  '-infinity',
];

/** Every hostile text, channel, number and moment, over several ships, each at a place of its own. */
export function tortureRows(ships: readonly string[]): NarrowRow[] {
  const rows: NarrowRow[] = [];
  for (const ship of ships) {
    for (const [index, value] of HOSTILE_TEXTS.entries()) {
      rows.push(
        narrowRow(
          { ship, channel: `/text/${index}`, time: '2026-01-01 00:00:00' },
          'String',
          value,
        ),
      );
    }
    for (const channel of HOSTILE_CHANNELS) {
      rows.push(
        narrowRow({ ship, channel, time: '2026-01-01 00:00:15' }, 'String', `of ${channel}`),
      );
    }
    for (const [index, value] of [...HOSTILE_TEXTS].reverse().entries()) {
      const channel = HOSTILE_CHANNELS[index % HOSTILE_CHANNELS.length] ?? '';
      const time = `2026-01-02 00:00:${String(Math.floor(index / HOSTILE_CHANNELS.length)).padStart(2, '0')}`;
      rows.push(narrowRow({ ship, channel, time }, 'String', value));
    }
    for (const format of ['Decimal', 'Integer', 'Boolean'] as const) {
      for (const [index, value] of NUMBERS[format].entries()) {
        rows.push(
          narrowRow(
            { ship, channel: `/${format}/${index}`, time: '2026-01-03 00:00:00' },
            format,
            value,
          ),
        );
      }
    }
    for (const [index, time] of MOMENTS.entries()) {
      rows.push(narrowRow({ ship, channel: '/moment', time }, 'Integer', String(index)));
      rows.push(narrowRow({ ship, channel: '/nothing', time }, 'String', null));
    }
  }
  return rows;
}
