import { describeRoundTrip, rejected, type TypeCase } from './testing/round-trip.ts';

const NINES = (digits: number): string => '9'.repeat(digits);

/** Values of a type that arrive as they are written. */
function plain(type: string, ...values: readonly string[]): TypeCase {
  return { type, values: [['null', null], ...values.map((text) => [`'${text}'`, text] as const)] };
}

function floats(read: 'float' | 'double', values: readonly string[]): TypeCase {
  const narrow = read === 'float' ? Math.fround : Number;
  return {
    type: read === 'float' ? 'float4' : 'float8',
    read,
    values: [
      ['null', null],
      ...values.map((text) => [`'${text}'`, String(narrow(Number(text)))] as const),
    ],
  };
}

const CASES: readonly TypeCase[] = [
  {
    type: 'bool',
    values: [
      ['true', '1'],
      ['false', '0'],
      ['null', null],
    ],
  },
  plain('int2', '-32768', '-1', '0', '32767'),
  plain('int4', '-2147483648', '0', '2147483647'),
  plain(
    'int8',
    '-9223372036854775808',
    '-9007199254740993',
    '9007199254740993',
    '9223372036854775807',
  ),
  plain('oid', '0', '2147483648', '4294967295'),
  plain('numeric(1)', '-9', '0', '9'),
  plain('numeric(38)', `-${NINES(38)}`, NINES(38)),
  plain('numeric(38,38)', `-0.${NINES(38)}`, `0.${NINES(38)}`, `0.${'0'.repeat(37)}1`),
  plain('numeric(38,19)', `-${NINES(19)}.${NINES(19)}`, `0.${'0'.repeat(18)}1`),
  {
    type: 'numeric(10,2)',
    values: [
      ["'1.5'", '1.50'],
      ["'-0.001'", '0.00'],
      ["'-0'", '0.00'],
      ["'99999999.99'", '99999999.99'],
      ["'NaN'", rejected('not-a-number')],
      ['null', null],
    ],
  },
  // Beyond what a DECIMAL of Doris has: as text, digit by digit.
  plain('numeric(39,1)', `${NINES(38)}.9`, `-${NINES(38)}.9`),
  {
    type: 'numeric(5,-3)',
    values: [
      ["'12345678'", '12346000'],
      ["'-99999499'", '-99999000'],
      ["'499'", '0'],
    ],
  },
  {
    type: 'numeric(3,5)',
    values: [
      ["'0.00999'", '0.00999'],
      ["'-0.00001'", '-0.00001'],
    ],
  },
  plain('numeric', 'NaN', 'Infinity', '-Infinity', '0', '1.500', `${NINES(1000)}.${NINES(500)}`),
  {
    type: 'numeric',
    values: [
      ["'1e-400'", `0.${'0'.repeat(399)}1`],
      ["'1e400'", `1${'0'.repeat(400)}`],
      ["'-0.0'", '0.0'],
    ],
  },
  {
    type: 'numeric',
    exception: { type: 'DECIMAL(38,9)' },
    values: [
      ["'1'", '1.000000000'],
      [`'${NINES(29)}.${NINES(9)}'`, `${NINES(29)}.${NINES(9)}`],
      [`'1${'0'.repeat(29)}'`, rejected('number-out-of-range')],
      ["'0.0000000001'", rejected('fraction-too-long')],
      ["'0.1000000000000'", '0.100000000'],
      ["'NaN'", rejected('not-a-number')],
      ["'Infinity'", rejected('number-out-of-range')],
      ["'-Infinity'", rejected('number-out-of-range')],
    ],
  },
  {
    type: 'int8',
    exception: { type: 'TINYINT' },
    values: [
      ['127', '127'],
      ['-128', '-128'],
      ['128', rejected('number-out-of-range')],
      ['-129', rejected('number-out-of-range')],
    ],
  },
  {
    type: 'numeric(38)',
    exception: { type: 'LARGEINT' },
    values: [
      [`'-${NINES(38)}'`, `-${NINES(38)}`],
      ["'NaN'", rejected('not-a-number')],
    ],
  },
  {
    type: 'numeric',
    exception: { type: 'LARGEINT' },
    values: [
      ["'170141183460469231731687303715884105727'", '170141183460469231731687303715884105727'],
      ["'-170141183460469231731687303715884105728'", '-170141183460469231731687303715884105728'],
      ["'170141183460469231731687303715884105728'", rejected('number-out-of-range')],
      ["'7.5'", rejected('fraction-too-long')],
      ["'7.0'", '7'],
      ["'-0.0'", '0'],
    ],
  },
  floats('float', [
    '0',
    '-0',
    '0.1',
    '16777217',
    '1e-45',
    '1.17549435e-38',
    '3.4028235e38',
    '-3.4028235e38',
    'NaN',
    'Infinity',
    '-Infinity',
  ]),
  floats('double', [
    '0',
    '-0',
    '0.1',
    '123456789.123456789',
    '1e308',
    '1.7976931348623157e308',
    '-1.7976931348623157e308',
    '4.9406564584124654e-324',
    '2.2250738585072009e-308',
    '1e22',
    '1e-7',
    '9007199254740993',
    'NaN',
    'Infinity',
    '-Infinity',
  ]),
  {
    type: 'money',
    values: [
      ["'-92233720368547758.08'", '-92233720368547758.08'],
      ["'92233720368547758.07'", '92233720368547758.07'],
      ["'0.01'", '0.01'],
      ['null', null],
    ],
  },
];

describeRoundTrip('a number', { cases: CASES });
