/** A number from 0 to 1, without 1. */
export type Random = () => number;

/** Reproducible: a linear congruence of 32 bits. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const PARTS = [
  '"',
  '""',
  '\\',
  '\\\\',
  '\\N',
  '\r',
  '\n',
  '\r\n',
  ',',
  '\u{FEFF}',
  'ä',
  '船',
  '🚢',
  'a',
  ' ',
  '\t',
];

export function fuzzRows(count: number, columns: number, random: Random): (string | null)[][] {
  const below = (limit: number) => Math.floor(random() * limit);
  const field = () => {
    if (below(10) === 0) return null;
    return Array.from({ length: below(6) }, () => PARTS[below(PARTS.length)]).join('');
  };
  return Array.from({ length: count }, () => Array.from({ length: columns }, field));
}

/** What Postgres' COPY would write with a comma, double quotes, NULL as `\N` and the given options. */
export function writeCsv(
  rows: readonly (readonly (string | null)[])[],
  { escape: escaping, forceQuote }: { escape: '"' | '\\'; forceQuote: boolean },
): string {
  const write = (field: string | null) => {
    if (field === null) return '\\N';
    const needsQuotes = field === '\\N' || /[",\r\n]/.test(field);
    if (!forceQuote && !needsQuotes) return field;
    const hides = escaping === '"' ? /"/g : /["\\]/g;
    return `"${field.replaceAll(hides, (character) => escaping + character)}"`;
  };
  return rows.map((row) => `${row.map(write).join(',')}\n`).join('');
}

export function splitAtRandom(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(random() * 9);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
