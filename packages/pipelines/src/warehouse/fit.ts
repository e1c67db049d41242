import { jsonMisfits } from './json-misfits.ts';
import { extremes, type NumberBounds, targetBounds } from './number-bounds.ts';
import type { SourceForm } from './source-form.ts';
import type { Misfit } from './table-plan.ts';
import type { TargetType } from './target-type.ts';

/** How values of one form go into a type of the target. */
export interface Fit {
  /** SQL over `s` that COPY prints, for values that fit. */
  readonly value: string;
  readonly misfits: readonly ConvertibleMisfit[];
  /** The text of a value on both sides; null where the two have none in common. */
  readonly canonical: CanonicalForm | null;
  /** Whether the values that fit have the same order on both sides. */
  readonly sameOrder: boolean;
}

/** With SQL over `s` for the value that is loaded instead, where such a value can be agreed upon. */
export interface ConvertibleMisfit extends Misfit {
  readonly clamp?: string;
  readonly truncate?: string;
}

interface CanonicalForm {
  /** From the SQL of a value of `s` that may have been converted. */
  readonly source: (value: string) => string;
  /** From the SQL of a column of `t`. */
  readonly target: (column: string) => string;
}

const FIRST_DAY = '0001-01-01';
const LAST_DAY = '9999-12-31';

const plainText: CanonicalForm = { source: (value) => value, target: (column) => column };

const numberText = (source: CanonicalForm['source']): CanonicalForm => ({
  source,
  target: (column) => `CAST(${column} AS STRING)`,
});

/**
 * @param stringBytes most bytes of a STRING in the target.
 * @returns null where the type cannot hold such values at all, or only by changing them.
 */
export function fit(form: SourceForm, target: TargetType, stringBytes: number): Fit | null {
  switch (target.kind) {
    case 'varchar':
      return fitText(form, target.bytes);
    case 'string':
      return fitText(form, stringBytes);
    case 'json':
      return form.family === 'json' ? fitJson(form, stringBytes) : null;
    case 'boolean':
      return form.family === 'boolean' ? fitBoolean(form) : null;
    case 'float':
      return fitFloat(form, target.name);
    case 'date':
      return form.family === 'date' ? fitDate(form) : null;
    case 'datetime':
      return form.family === 'timestamp' ? fitTimestamp(form, target.scale) : null;
    case 'integer':
    case 'decimal':
      return fitNumber(form, target);
  }
}

function fitText(form: SourceForm, limit: number): Fit {
  const fits = form.maxBytes !== null && form.maxBytes <= limit;
  const cut = form.family === 'text' ? form.cut : null;
  return {
    value: form.text,
    misfits: fits
      ? []
      : [
          {
            condition: longerThan(form, limit),
            rule: 'text-too-long',
            reason: `its text has more than ${limit} bytes`,
            refusedByTarget: true,
            ...(cut === null ? {} : { truncate: cut(limit) }),
          },
        ],
    canonical: plainText,
    sameOrder: form.textOrder,
  };
}

/**
 * The first look costs nothing, as it does not read the value. The second is exact where the source keeps its
 * texts in another encoding, in which they have at least a quarter of the bytes.
 */
function longerThan({ text, bytes, ascii }: SourceForm, limit: number): string {
  const exact = ascii ? '' : ` and octet_length(convert_to(${text}, 'UTF8')) > ${limit}`;
  return `(${bytes} > ${ascii ? limit : Math.floor(limit / 4)}${exact}) is true`;
}

function fitJson(form: Extract<SourceForm, { family: 'json' }>, limit: number): Fit {
  return {
    ...fitText(form, limit),
    // What cannot be parsed may become NULL, strict or not: the source looks first.
    misfits: [
      ...fitText(form, limit).misfits.map(({ refusedByTarget: _, ...misfit }) => misfit),
      ...jsonMisfits(form.document, form.flavour),
    ],
    // The server stores it parsed: neither the spelling of a number nor the order of the keys is kept.
    canonical: null,
    sameOrder: false,
  };
}

function fitBoolean(form: SourceForm): Fit {
  return {
    value: form.value,
    misfits: [],
    canonical: {
      source: (value) => `(${value})::text`,
      target: (column) => `CAST(CAST(${column} AS INT) AS STRING)`,
    },
    sameOrder: true,
  };
}

/** Every float has a place, NaN and the infinities too, but no text that both servers print alike. */
function fitFloat(form: SourceForm, name: 'FLOAT' | 'DOUBLE'): Fit | null {
  // A DOUBLE would read 0.1 of a float4 as another number than the float4 is.
  if (form.family !== 'float' || form.double !== (name === 'DOUBLE')) return null;
  return { value: form.value, misfits: [], canonical: null, sameOrder: false };
}

function fitDate({ value }: SourceForm): Fit {
  const [first, last] = [`'${FIRST_DAY}'::date`, `'${LAST_DAY}'::date`];
  return {
    value,
    misfits: [dateMisfit({ value, first, last, lastKept: last })],
    canonical: {
      // to_char would fail on years beyond those of timestamps.
      source: (one) => `(${one})::text`,
      target: (column) => `DATE_FORMAT(${column}, '%Y-%m-%d')`,
    },
    sameOrder: true,
  };
}

function fitTimestamp(form: Extract<SourceForm, { family: 'timestamp' }>, digits: number): Fit {
  const { value } = form;
  const first = `'${FIRST_DAY}'::timestamp`;
  const lastWith = (fraction: string) => `'${LAST_DAY} 23:59:59${fraction}'::timestamp`;
  const lastKept = lastWith(digits === 0 ? '' : `.${'9'.repeat(digits)}`);
  const rounded = `${value}::timestamp(${digits})`;
  const lossy = digits < form.digits;
  return {
    value,
    misfits: [
      {
        ...dateMisfit({ value, first, last: lastWith('.999999'), lastKept }),
        condition: form.stored.zoned
          ? outside(form.stored.column, {
              first: `'${FIRST_DAY} 00:00:00+00'::timestamptz`,
              last: `'${LAST_DAY} 23:59:59.999999+00'::timestamptz`,
            })
          : outside(form.stored.column, { first, last: lastWith('.999999') }),
      },
      ...(lossy
        ? [
            fractionMisfit(
              `(${value} <> ${rounded}) is true`,
              `least(${rounded}, ${lastKept})`,
              digits,
            ),
          ]
        : []),
    ],
    canonical: {
      source: (one) => `to_char(${one}, 'YYYY-MM-DD HH24:MI:SS.US')`,
      target: (column) => `DATE_FORMAT(${column}, '%Y-%m-%d %H:%i:%s.%f')`,
    },
    sameOrder: true,
  };
}

/**
 * Infinities are outside too.
 * @param of.lastKept the last moment that the target holds, with the fraction digits that it keeps.
 */
function dateMisfit(of: {
  value: string;
  first: string;
  last: string;
  lastKept: string;
}): ConvertibleMisfit {
  const { value, first, last, lastKept } = of;
  return {
    condition: outside(value, { first, last }),
    rule: 'date-out-of-range',
    reason: 'lies outside the years 0001 to 9999',
    clamp: `least(greatest(${value}, ${first}), ${lastKept})`,
  };
}

const outside = (value: string, { first, last }: { first: string; last: string }): string =>
  `(${value} < ${first} or ${value} > ${last}) is true`;

function fractionMisfit(condition: string, clamp: string, digits: number): ConvertibleMisfit {
  return {
    condition,
    rule: 'fraction-too-long',
    reason: `has more than ${digits} fraction digits, and would be rounded`,
    clamp,
  };
}

function fitNumber(form: SourceForm, target: TargetType): Fit | null {
  const bounds = targetBounds(target);
  if (bounds === null) return null;
  if (form.family === 'boolean' && target.kind === 'integer') {
    return {
      value: form.value,
      misfits: [],
      canonical: numberText((value) => `(${value})::text`),
      sameOrder: true,
    };
  }
  if (form.family !== 'number') return null;
  const exact = form.bounds !== null && form.bounds.scale === bounds.scale;
  const precise = form.bounds !== null && form.bounds.scale <= bounds.scale;
  return {
    // 7.0 is no integer to Doris. What would be lost is a misfit.
    value: precise ? form.value : `round(${form.value}, ${bounds.scale})`,
    misfits: numberMisfits(form, bounds),
    // The target prints exactly so many fraction digits.
    canonical: numberText((value) =>
      exact ? `(${value})::text` : `round(${value}, ${bounds.scale})::text`,
    ),
    sameOrder: true,
  };
}

function numberMisfits(
  { value, bounds: own, nan }: Extract<SourceForm, { family: 'number' }>,
  bounds: NumberBounds,
): ConvertibleMisfit[] {
  const { least, greatest } = extremes(bounds);
  const nearest = `least(greatest(round(${value}, ${bounds.scale}), ${least}), ${greatest})`;
  const isNumber = nan ? `${value} <> 'NaN' and ` : '';
  const inside = own !== null && own.low >= bounds.low && own.high <= bounds.high;
  const precise = own !== null && own.scale <= bounds.scale;
  const notANumber: ConvertibleMisfit = {
    condition: `(${value} = 'NaN') is true`,
    rule: 'not-a-number',
    reason: 'is NaN',
    refusedByTarget: true,
  };
  return [
    ...(nan ? [notANumber] : []),
    ...(inside
      ? []
      : [
          {
            condition: `(${isNumber}trunc(${value}) not between ${bounds.low} and ${bounds.high}) is true`,
            rule: 'number-out-of-range',
            reason: `lies outside ${least} to ${greatest}`,
            clamp: nearest,
          },
        ]),
    ...(precise
      ? []
      : [
          fractionMisfit(
            `(${isNumber}${value} <> round(${value}, ${bounds.scale})) is true`,
            nearest,
            bounds.scale,
          ),
        ]),
  ];
}
