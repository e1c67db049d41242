import { scratchDatabase } from '@drover/testkit';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { binaryToText } from './binary-value.ts';

const server = inject('postgresUrl');

/** Values of each type at the edges of what it holds. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  boolean: ['true', 'false'],
  smallint: ['0', '-1', '32767', '-32768'],
  integer: ['0', '-1', '2147483647', '-2147483648'],
  bigint: ['0', '-1', '9007199254740993', '9223372036854775807', '-9223372036854775808'],
  real: [
    '0',
    '-0',
    '0.1',
    '16777216',
    '1e6',
    '999999',
    '100000',
    '-0.0001',
    '1e-05',
    '1.17549435e-38',
    '1e-45',
    '3.4028235e+38',
    'NaN',
    'Infinity',
    '-Infinity',
  ],
  'double precision': [
    '0',
    '-0',
    '0.1',
    '-273.15',
    '1e14',
    '1e15',
    '123456789012345680',
    '1e21',
    '0.0001',
    '0.00001',
    '1e-7',
    '5e-324',
    '1.7976931348623157e+308',
    '0.30000000000000004',
    'NaN',
    'Infinity',
    '-Infinity',
  ],
  date: [
    '2000-01-01',
    '1999-12-31',
    '1970-01-01',
    '0044-03-15 BC',
    '4713-01-01 BC',
    '5874897-12-31',
    'infinity',
    '-infinity',
  ],
  'timestamp without time zone': [
    '2026-01-31 08:15:30',
    '2026-01-31 08:15:30.1',
    '1999-12-31 23:59:59.999999',
    '1969-12-31 23:59:59.999999',
    '0044-03-15 00:00:00.5 BC',
    '4713-01-01 00:00:00 BC',
    '294276-12-31 23:59:59.999999',
    'infinity',
    '-infinity',
  ],
  'timestamp with time zone': [
    '2026-01-31 08:15:30+00',
    '2026-01-31 08:15:30.25+05:30',
    '0044-03-15 00:00:00 BC',
    '294276-12-31 23:59:59.999999+00',
    'infinity',
    '-infinity',
  ],
  text: ['', 'x', '日本語', '\x01\\'],
  'character varying': ['', 'é'],
  'character varying(50)': ['ab'],
  'character(3)': ['a'],
  json: ['{"a": 1}'],
};

const SEND: Readonly<Record<string, string>> = {
  boolean: 'boolsend',
  smallint: 'int2send',
  integer: 'int4send',
  bigint: 'int8send',
  real: 'float4send',
  'double precision': 'float8send',
  date: 'date_send',
  'timestamp without time zone': 'timestamp_send',
  'timestamp with time zone': 'timestamptz_send',
  text: 'textsend',
  'character varying': 'varcharsend',
  'character varying(50)': 'varcharsend',
  'character(3)': 'bpcharsend',
  json: 'json_send',
};

const bytesOf = (hex: string | null | undefined) => Buffer.from((hex ?? '').slice(2), 'hex');

// Mutation: with `String(value)` for numbers in `binary-value.ts` real and double precision fail.
test('a value that was sent in binary reads as Postgres prints it', async () => {
  await using database = await scratchDatabase(server);
  for (const [type, values] of Object.entries(VALUES)) {
    const rows = await database.sql.query(
      `select ${SEND[type]}(v::${type})::text as sent,
              case when '${type}' like 'character(%' then rpad(v, 3) else (v::${type})::text end as text
       from unnest($1::text[]) v`,
      [values],
    );
    expect(rows).toHaveLength(values.length);
    for (const { sent, text } of rows) {
      expect({ type, text: binaryToText(bytesOf(sent), type) }).toEqual({ type, text });
    }
  }
});

test('any number reads back as the same number, in the notation of Postgres', async () => {
  await using database = await scratchDatabase(server);
  const many = fc.tuple(
    fc.array(fc.double({ noNaN: true }), { minLength: 50, maxLength: 50 }),
    fc.array(fc.float({ noNaN: true }), { minLength: 50, maxLength: 50 }),
  );
  await fc.assert(
    fc.asyncProperty(many, async ([doubles, floats]) => {
      for (const [type, numbers] of [
        ['double precision', doubles],
        ['real', floats],
      ] as const) {
        const rows = await database.sql.query(
          `select ${SEND[type]}(v::${type})::text as sent, (v::${type})::text as text from unnest($1::text[]) v`,
          [numbers.map((one) => (Object.is(one, -0) ? '-0' : String(one)))],
        );
        for (const { sent, text } of rows) {
          // Where two short forms are equally near Postgres may take the other: the number is what counts.
          const round = type === 'real' ? Math.fround : Number;
          const read = binaryToText(bytesOf(sent), type);
          expect(round(Number(read))).toBe(round(Number(text)));
          expect(read.includes('e')).toBe(text?.includes('e'));
        }
      }
    }),
    { numRuns: 20 },
  );
});

test('a value of a type that is not known is shown in hexadecimal', () => {
  expect(binaryToText(Buffer.from([0, 0xff]), 'numeric')).toBe('\\x00ff');
});
