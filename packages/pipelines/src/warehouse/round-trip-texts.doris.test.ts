import { literal } from '@drover/postgres';
import { type Arrival, describeRoundTrip, rejected, type TypeCase } from './testing/round-trip.ts';

const HORSE = '\u{1F40E}';

const UGLY = [
  '',
  ' ',
  '  both ends  ',
  '\\N',
  '"\\N"',
  '\\\\N',
  'NULL',
  '"',
  '""',
  '"quoted"',
  '\\',
  '\\"',
  'ends with a backslash\\',
  "it's",
  ',',
  '",\n"',
  '\n',
  '\r',
  '\r\n',
  'ends with a return\r',
  'two\r\nlines\n',
  '\n\n\n',
  '\t',
  '\\n\\r\\t\\0\\u0000\\x00',
  '\uFEFF',
  '\uFEFFafter a mark',
  '\u0001\u0002\u0003\u001f\u007f',
  '\u00a0\u2028\u2029\u200b',
  'e\u0301 \u00e9 \u4f60\u597d',
  HORSE,
  `${HORSE}\\${HORSE}"${HORSE}`,
  '\u{10FFFF}',
  '\\.',
  '%s %d ${x} {} `',
  "'; drop table x; --",
];

function texts(type: string, values: readonly string[] = UGLY, suffix?: string): TypeCase {
  return {
    type,
    ...(suffix === undefined ? {} : { suffix }),
    values: [['null', null], ...values.map((text) => [literal(text), text] as const)],
  };
}

/** Values that arrive as another text than they are written in. */
function written(type: string, ...values: readonly (readonly [string, Arrival])[]): TypeCase {
  return { type, values: values.map(([text, arrival]) => [literal(text), arrival] as const) };
}

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('hex');
const UUID = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';

const CASES: readonly TypeCase[] = [
  texts('text'),
  texts('varchar'),
  texts('varchar(60)'),
  // The longest that a VARCHAR of Doris holds, and the first length beyond, which is a STRING.
  texts('varchar(16383)', [HORSE.repeat(16383)]),
  texts('varchar(16384)', [HORSE.repeat(16384)]),
  texts('varchar(1)', [HORSE, '"', '\\', '\n', '\r', ',', '']),
  // Padding is taken off, and only that.
  written(
    'char(5)',
    ['a', 'a'],
    ['', ''],
    ['  b', '  b'],
    ['a\n   ', 'a\n'],
    [HORSE.repeat(5), HORSE.repeat(5)],
  ),
  written('"char"', ['a', 'a'], ['"', '"'], ['\\', '\\'], ['', '']),
  texts(
    'name',
    UGLY.filter((text) => Buffer.byteLength(text) < 64),
  ),
  texts('public.citext', ['MiXed', 'mixed', 'É', '', '\\N', '"']),
  texts('text', UGLY, 'collate "und-x-icu"'),
  texts('public.mood', ['', 'sad', "it's", 'a "b" \\ c', '\\N', HORSE.repeat(15)]),
  texts('public."Code 2"', ['', '\\N', '"', HORSE.repeat(5)]),
  {
    type: 'bytea',
    values: [
      ['null', null],
      ["''", ''],
      [`'\\x${ALL_BYTES}'`, ALL_BYTES],
      ["'\\x00'", '00'],
      ["'\\x5c4e'", '5c4e'],
    ],
  },
  written('bit(9)', ['000000000', '000000000'], ['101010101', '101010101']),
  written('varbit(5)', ['', ''], ['00000', '00000'], ['1', '1']),
  written('varbit', ['0'.repeat(70000), '0'.repeat(70000)], ['', '']),
  written(
    'uuid',
    [UUID, UUID],
    [UUID.toUpperCase(), UUID],
    [`{${UUID}}`, UUID],
    [UUID.replaceAll('-', ''), UUID],
    ['a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11', UUID],
    ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'],
  ),
  written(
    'inet',
    ['10.0.0.1', '10.0.0.1/32'],
    ['10.0.0.1/8', '10.0.0.1/8'],
    ['::FFFF:1.2.3.4', '::ffff:1.2.3.4/128'],
  ),
  written('cidr', ['10.0.0.0/8', '10.0.0.0/8'], ['::/0', '::/0']),
  written('macaddr', ['08002B010203', '08:00:2b:01:02:03']),
  written('macaddr8', ['08002B0102030405', '08:00:2b:01:02:03:04:05']),
  written('pg_lsn', ['FFFFFFFF/FFFFFFFF', 'FFFFFFFF/FFFFFFFF'], ['0/0', '0/0']),
  written('xml', ['<a b="c">\n\\N &amp; "</a>', '<a b="c">\n\\N &amp; "</a>']),
  written('tsvector', [`'it''s' 'a\\\\b':1A`, `'a\\\\b':1A 'it''s'`]),
  written('tsquery', ["'a' & !'b'", "'a' & !'b'"]),
  written('int4range', ['[1,5]', '[1,6)'], ['empty', 'empty'], ['(,)', '(,)']),
  written('numrange', ['(-1.50,)', '(-1.50,)']),
  written('public.texts', ['["a,b","c""d\\\\e"]', '["a,b","c""d\\\\e"]']),
  written('tstzrange', [
    '[2026-01-01 00:00:00+02,infinity)',
    '["2025-12-31 22:00:00+00",infinity)',
  ]),
  written('datemultirange', [
    '{[2026-01-01,2026-01-03],(,2025-01-01)}',
    '{(,2025-01-01),[2026-01-01,2026-01-04)}',
  ]),
  written('point', ['(1.5,-2)', '(1.5,-2)'], ['(NaN,Infinity)', '(NaN,Infinity)']),
  written('path', ['[(0,0),(1,1)]', '[(0,0),(1,1)]']),
  written('regclass', ['pg_class', 'pg_class']),
  written('jsonpath', ['$."a b"[*] ? (@ > 1)', '$."a b"[*]?(@ > 1)']),
];

describeRoundTrip('a text', {
  setup: [
    'create extension citext schema public',
    `create type public.mood as enum ('', 'sad', 'it''s', 'a "b" \\ c', '\\N', '${HORSE.repeat(15)}')`,
    'create domain public.code as varchar(5)',
    `create domain public."Code 2" as public.code check (value <> 'x')`,
    'create type public.texts as range (subtype = text)',
  ],
  cases: [
    ...CASES,
    {
      ...texts('text'),
      exception: { type: 'VARCHAR(4)' },
      values: [
        [literal(HORSE), HORSE],
        [literal(`${HORSE}x`), rejected('text-too-long')],
        ["'abcde'", rejected('text-too-long')],
        ["'\\N'", '\\N'],
      ],
    },
  ],
});
