/** A table of the source, and how a person would copy it by hand. */
interface BenchTable {
  readonly rows: number;
  /** Definitions of columns, the key first. */
  readonly columns: string;
  /** SQL that gives the values of row `n`. */
  readonly values: string;
  /** What COPY prints, in the form in which Doris takes it. */
  readonly select: string;
}

export type TableName = 'narrow' | 'narrow_1m' | 'narrow_100k' | 'wide' | 'documents';

export const SCHEMA = 'shop';

const MILLION = 1_000_000;

/** 8 columns; some 100 bytes a row, as it is sent. */
const narrow = (rows: number): BenchTable => ({
  rows,
  columns: `id bigint, shop int, article int, pieces smallint, amount numeric(12,2),
    sold_at timestamptz, note text, paid boolean`,
  values: `n, n % 900, n % 70000, n % 50, (n % 1000000) / 100.0,
    timestamptz '2024-01-01 00:00Z' + n * interval '0.731 s', 'sold at counter ' || n % 3000, n % 3 = 0`,
  select: `id, shop, article, pieces, amount, sold_at at time zone 'UTC', note, paid::int`,
});

/** 40 columns: the key, and 13 times the same three. */
const WIDE_GROUPS = Array.from({ length: 13 }, (_, index) => index);

export const TABLES: { readonly [name in TableName]: BenchTable } = {
  narrow: narrow(10 * MILLION),
  narrow_1m: narrow(MILLION),
  narrow_100k: narrow(MILLION / 10),
  wide: {
    rows: 300_000,
    columns: `id bigint, ${WIDE_GROUPS.map((at) => `code${at} int, price${at} numeric(12,2), text${at} text`).join(', ')}`,
    values: `n, ${WIDE_GROUPS.map((at) => `n % ${at + 700}, (n % 1000000) / ${at + 100}.0, 'some words on article ' || n % ${at + 3000}`).join(', ')}`,
    select: `id, ${WIDE_GROUPS.map((at) => `code${at}, price${at}, text${at}`).join(', ')}`,
  },
  documents: {
    rows: 300,
    columns: 'id bigint, body text',
    // A megabyte, less than what a STRING may hold in Doris 3.
    values: `n, repeat(md5(n::text), 31250)`,
    select: 'id, body',
  },
};
