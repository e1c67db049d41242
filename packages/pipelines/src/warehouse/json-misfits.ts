import { literal } from '@drover/postgres';
import type { Misfit } from './table-plan.ts';

/** Longest key of an object in a JSON column, in bytes. */
const MAX_KEY_BYTES = 255;

/** A number beyond the range of a double has so many digits, unless it has an exponent. */
const MIN_DIGITS_BEYOND = 309;

/** Longer numbers are taken for numbers beyond a double without being parsed. */
const MAX_NUMBER_CHARACTERS = 5000;

/**
 * Documents of Postgres that a JSON column of Doris does not parse. Fractions become doubles there, and integers
 * beyond 128 bits too: who asks for JSON asks for that.
 * @param document SQL of type `flavour`.
 */
export function jsonMisfits(document: string, flavour: 'json' | 'jsonb'): Misfit[] {
  const broken = flavour === 'json' ? brokenEscape(document) : null;
  const misfits = [longKey(document, flavour, broken), hugeNumber(document, flavour, broken)];
  if (broken === null) return misfits;
  const reason = 'a string has \\u0000 or one half of a surrogate pair';
  return [{ condition: broken, rule: 'json-unicode', reason }, ...misfits];
}

function longKey(document: string, flavour: 'json' | 'jsonb', broken: string | null): Misfit {
  const utf8 = `convert_to(${document}::text, 'UTF8')`;
  const keys = `${flavour}_object_keys(case when ${flavour}_typeof(n.j) = 'object' then n.j end)`;
  return {
    condition: inStages({
      never: [broken, `octet_length(${utf8}) <= ${MAX_KEY_BYTES}`],
      // A character has at most 4 bytes, and escaped at least as many in the text.
      suspicion: `${document}::text ~ ${literal(`"(?:\\\\.|[^"\\\\]){${(MAX_KEY_BYTES + 1) / 4},}"\\s*:`)}`,
      proof: `exists (${nodes(document, flavour)} select from node n, ${keys} k where octet_length(convert_to(k, 'UTF8')) > ${MAX_KEY_BYTES})`,
    }),
    rule: 'json-key-too-long',
    reason: `a key of an object has more than ${MAX_KEY_BYTES} bytes`,
  };
}

function hugeNumber(document: string, flavour: 'json' | 'jsonb', broken: string | null): Misfit {
  const digits = '[0-9]{200}';
  // A binary document prints its numbers in full.
  const exponent = '(?:^|[:,[\\s])-?[0-9]+(?:[.][0-9]+)?[eE][+]?[0-9]{3}';
  const short = `octet_length(${document}::text) < ${MIN_DIGITS_BEYOND}`;
  return {
    condition: inStages({
      never: flavour === 'jsonb' ? [short] : [broken],
      suspicion: `${document}::text ~ ${literal(flavour === 'jsonb' ? digits : `${digits}|${exponent}`)}`,
      proof: `exists (${nodes(document, flavour)} select from node n where ${flavour}_typeof(n.j) = 'number' and ${beyondDouble('n.j::text')})`,
    }),
    rule: 'json-number-out-of-range',
    reason: 'a number is beyond the range of a double',
  };
}

/** Looks at what is cheap first: a match costs some microseconds, looking at each value of a document ten times that. */
function inStages(of: {
  never: readonly (string | null)[];
  suspicion: string;
  proof: string;
}): string {
  const never = of.never.flatMap((one) => (one === null ? [] : [`when ${one} then false`]));
  return `case ${never.join(' ')} when ${of.suspicion} then ${of.proof} else false end`;
}

/** Only `json` keeps such escapes; its functions fail on them. */
function brokenEscape(document: string): string {
  // A doubled backslash escapes nothing that follows it.
  const plain = `replace(${document}::text, ${literal('\\\\')}, ' ')`;
  const unpaired = `regexp_replace(${plain}, ${literal('\\\\u[dD][89abAB]..\\\\u[dD][c-fC-F]..')}, '', 'g')`;
  return `(strpos(${document}::text, ${literal('\\u')}) > 0 and (strpos(${plain}, ${literal('\\u0000')}) > 0 or ${unpaired} ~ ${literal('\\\\u[dD][89a-fA-F]')})) is true`;
}

/** Every value in the document, itself included, as `node (j)`. */
function nodes(document: string, flavour: 'json' | 'jsonb'): string {
  const members = `select value as j from ${flavour}_each(case when ${flavour}_typeof(n.j) = 'object' then n.j end)`;
  const elements = `select value from ${flavour}_array_elements(case when ${flavour}_typeof(n.j) = 'array' then n.j end)`;
  return `with recursive node (j) as (select ${document} union all select e.j from node n, lateral (${members} union all ${elements}) e)`;
}

function beyondDouble(number: string): string {
  return `case when length(${number}) > ${MAX_NUMBER_CHARACTERS} or ${number} ~ '[eE][+]?0*[1-9][0-9]{3}' then true else abs(${number}::numeric) > 1.7976931348623157e308 end`;
}
