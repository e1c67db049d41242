import { literal } from '@drover/postgres';
import { describeRoundTrip, rejected, type TypeCase } from './testing/round-trip.ts';

const HORSE = '\u{1F40E}';
const NINES = '9'.repeat(60);
const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Documents that arrive as the text that they are. */
const asWritten = (type: string, values: readonly string[]): TypeCase => ({
  type,
  values: [['null', null], ...values.map((text) => [literal(text), text] as const)],
});

const STRINGS: readonly TypeCase[] = [
  asWritten('json', [
    '{"a":1,"a":2, "b" : null}',
    ' { } ',
    '"\\u0000 \\ud800 \\n \\" \\\\ /"',
    'null',
    '""',
    '"\\\\N"',
    `[${NINES}, 1e400, -0.0, 1.10, 1E+2]`,
    deep(1000),
    `{"${HORSE}":"${'k'.repeat(300)}","${'k'.repeat(300)}":[]}`,
    '{\n\t"lines":\r\n"\u2028"}',
  ]),
  {
    type: 'jsonb',
    values: [
      ['null', null],
      [literal('{"b":1,"a":2,"a":3, "long key":[ ]}'), '{"a": 3, "b": 1, "long key": []}'],
      [literal(`[${NINES}, 1.10, 1e3, -0]`), `[${NINES}, 1.10, 1000, 0]`],
      [literal('"\\"\\\\\\n\\t\\u00e9\\ud83d\\udc0e"'), `"\\"\\\\\\n\\té${HORSE}"`],
      ["'null'", 'null'],
      [literal(deep(1000)), deep(1000)],
    ],
  },
  {
    type: 'int[]',
    values: [
      ['null', null],
      ["'{}'", '[]'],
      ["'{1,NULL,-2147483648}'", '[1,null,-2147483648]'],
      ["'{{1,2},{3,4}}'", '[[1,2],[3,4]]'],
      ["'[5:6]={1,2}'", '[1,2]'],
    ],
  },
  {
    type: 'text[]',
    values: [
      [
        `array['', '\\N', null, 'NULL', 'a"b\\c', E'\\n\\r\\t', '${HORSE}']`,
        `["","\\\\N",null,"NULL","a\\"b\\\\c","\\n\\r\\t","${HORSE}"]`,
      ],
      [`array[[['a']],[['b']]]`, '[[["a"]],[["b"]]]'],
    ],
  },
  {
    type: 'numeric(40,2)[]',
    values: [[`array[${NINES.slice(0, 38)}.99]`, `[${NINES.slice(0, 38)}.99]`]],
  },
  { type: 'float8[]', values: [["'{NaN,Infinity,1e308,-0}'", '["NaN","Infinity",1e+308,-0]']] },
  {
    type: 'timestamptz[]',
    values: [["'{2026-01-01 00:00:00+02,infinity}'", '["2025-12-31T22:00:00+00:00","infinity"]']],
  },
  { type: 'date[]', values: [["'{0044-03-15 BC}'", '["0044-03-15 BC"]']] },
  { type: 'bytea[]', values: [["array['\\x00ff'::bytea]", '["\\\\x00ff"]']] },
  { type: 'bool[]', values: [["'{t,f,null}'", '[true,false,null]']] },
  { type: 'json[]', values: [[`array['{"a":1,"a":2}'::json]`, '[{"a":1,"a":2}]']] },
  {
    type: 'public.pair',
    values: [
      [`row(1, E'a"b\\\\c\\n')`, '{"a":1,"b":"a\\"b\\\\c\\n"}'],
      ['row(null, null)', '{"a":null,"b":null}'],
      ['null', null],
    ],
  },
  {
    type: 'public.pair[]',
    values: [["array[row(1,'x')::public.pair, null]", '[{"a":1,"b":"x"},null]']],
  },
  {
    type: 'public.list',
    values: [
      ["'{1,2}'", '[1,2]'],
      ["'{}'", '[]'],
    ],
  },
  { type: 'public.mood[]', values: [[`array['it''s']::public.mood[]`, '["it\'s"]']] },
  {
    type: 'ext.hstore',
    values: [
      [
        `'a=>1,"b ""\\\\"=>NULL,""=>"\\\\N"'`.replaceAll('""', '\\"').replace('\\"=>"', '""=>"'),
        '{"": "\\\\N", "a": "1", "b \\"\\\\": null}',
      ],
      ["''", '{}'],
      ['null', null],
    ],
  },
];

const SETUP = [
  'create schema ext',
  'create extension hstore schema ext',
  'create type public.pair as (a int, b text)',
  'create domain public.list as int[]',
  `create type public.mood as enum ('sad', 'it''s')`,
];

describeRoundTrip('a document as text', { setup: SETUP, cases: STRINGS });

const KEY = 'k'.repeat(255);

const PARSED: readonly TypeCase[] = [
  {
    type: 'jsonb',
    values: [
      ['null', null],
      [`'{"a": [1, "x"]}'`, '{"a": [1, "x"]}'],
      [literal(`{"${KEY}":1}`), `{"${KEY}": 1}`],
      [literal(`{"${KEY}k":1}`), rejected('json-key-too-long')],
      [literal(`[{"x":{"${HORSE.repeat(64)}":1}}]`), rejected('json-key-too-long')],
      ["'[1e308]'", `[1${'0'.repeat(308)}]`],
      ["'[1e309]'", rejected('json-number-out-of-range')],
      ["'null'", 'null'],
    ],
  },
  {
    type: 'json',
    values: [
      [`'{"a":1}'`, '{"a":1}'],
      [literal('"\\u0000"'), rejected('json-unicode')],
      [literal('{"a":"\\ud800"}'), rejected('json-unicode')],
      [literal('"\\\\u0000"'), '"\\\\u0000"'],
      [literal('["1e999"]'), '["1e999"]'],
      [literal('[-1E999]'), rejected('json-number-out-of-range')],
    ],
  },
  { type: 'int[]', values: [["'{1,null}'", '[1,null]']] },
];

describeRoundTrip('a document as JSON', { setup: SETUP, cases: PARSED, types: { json: 'json' } });
