import { DroverError, formatTimestamp, parseTimestamp, type Selection } from '@drover/core';
import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

/** Faults that an error names; the others are counted. */
const MAX_FAULTS = 20;

/** Characters of a field that an error quotes. */
const MAX_QUOTED = 40;

const FORM = 'write ship,start,end';

/** What the parser cannot get over; what comes after is not read. */
const QUOTE_FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened here and never closed; close it',
  CSV_INVALID_CLOSING_QUOTE:
    'text follows the closing quote of a field; write each quote within quotes twice',
  INVALID_OPENING_QUOTE:
    'a quote stands within a field; put the field into quotes, and write each quote in it twice',
};

/** Stands for `infinity`: after every moment that can be written. */
const INFINITY = 2n ** 100n;

/**
 * Reads a list of failed ranges: CSV by RFC 4180 without a header line, in each line `ship,start,end`. A range
 * is half-open, an empty start or end is open; blank lines are left out. Moments come back in the form of
 * Postgres without a zone, offsets applied. `name` is the file's, for errors.
 * @throws DroverError FILE_INVALID; its message has one line per fault: file, line, fault and fix.
 */
export function parseShipList(text: string, name: string): Selection[] {
  const bytes = Buffer.from(text.replace(/^\uFEFF/, ''));
  const selections: Selection[] = [];
  const faults: string[] = [];
  // The parser's own count takes a CRLF within quotes for two lines, and ends with a range, not begins.
  let line = 1;
  let read = 0;
  let isFirst = true;
  try {
    parse(bytes, {
      record_delimiter: ['\r\n', '\n', '\r'],
      // Fields are counted in readRange, so that every line that has too few or too many is named.
      relax_column_count: true,
      cast: (field, { quoting }) => (quoting || field.trim() !== '' ? field : null),
      on_record(fields: readonly (string | null)[], { bytes: end }) {
        if (fields.length > 1 || fields[0] !== null) {
          const range = readRange(fields, isFirst);
          if ('entity' in range) selections.push(range);
          else faults.push(...range.faults.map((fault) => `${name}:${line}: ${fault}`));
          isFirst = false;
        }
        line += bytes.toString('utf8', read, end).match(/\r\n|\n|\r/g)?.length ?? 0;
        read = end;
        return null;
      },
    });
  } catch (error) {
    const fault = error instanceof CsvError ? QUOTE_FAULTS[error.code] : undefined;
    if (fault === undefined) throw error;
    throw invalid([...faults, `${name}:${line}: ${fault}`], error);
  }
  if (faults.length > 0) throw invalid(faults);
  if (selections.length === 0) throw invalid([`${name} names no range; ${FORM}, one range a line`]);
  return selections;
}

/** The list as `parseShipList` reads it: a range a line, lines ended by LF; empty for no ranges. */
export function formatShipList(selections: readonly Selection[]): string {
  return stringify(
    selections.map(({ entity, from, to }) => [entity, from, to]),
    // Blanks at either end of a ship would be lost on people, and an empty one on the parser.
    { quoted_match: /^$|^\s|\s$/ },
  );
}

/** Fields are null where nothing is written. */
function readRange(
  fields: readonly (string | null)[],
  isFirst: boolean,
): Selection | { readonly faults: readonly string[] } {
  const [ship, start, end] = fields;
  if (ship === undefined || start === undefined || end === undefined || fields.length > 3) {
    const count = fields.length === 1 ? '1 field' : `${fields.length} fields`;
    return { faults: [`${count} instead of 3; ${FORM}`] };
  }
  const from = readMoment(start);
  const to = readMoment(end);
  if (isFirst && isTitle(start) && isTitle(end)) {
    return { faults: ['this is a header line, and a list has none; remove it'] };
  }
  const faults = [
    ...(ship === null ? ['no ship; write its id before the first comma'] : []),
    ...(from === undefined ? [noMoment('start', start)] : []),
    ...(to === undefined ? [noMoment('end', end)] : []),
    ...(from != null && to != null && from >= to
      ? [`end ${end?.trim()} is not after start ${start?.trim()}`]
      : []),
  ];
  if (ship === null || from === undefined || to === undefined || faults.length > 0) {
    return { faults };
  }
  return { entity: ship, from: textOf(from), to: textOf(to) };
}

/** null where the end is open, undefined where the text is no moment. */
function readMoment(field: string | null): bigint | null | undefined {
  const text = field?.trim() ?? '';
  if (text === '') return null;
  return text === 'infinity' ? INFINITY : (parseTimestamp(text) ?? undefined);
}

function textOf(moment: bigint | null): string | null {
  if (moment === null) return null;
  return moment === INFINITY ? 'infinity' : formatTimestamp(moment);
}

/** A word in the place of a moment: all of these have digits. */
const isTitle = (field: string | null): boolean =>
  field !== null && readMoment(field) === undefined && !/\d/.test(field);

function noMoment(which: string, field: string | null): string {
  const text = field ?? '';
  const quoted = JSON.stringify(
    text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text,
  );
  return `${which} ${quoted} is no moment; write for example 2026-01-31 or 2026-01-31 08:15:00.123456, or nothing for an open end`;
}

function invalid(faults: readonly string[], cause?: unknown): DroverError {
  const more = faults.length - MAX_FAULTS;
  return new DroverError('FILE_INVALID', {
    message: [...faults.slice(0, MAX_FAULTS), ...(more > 0 ? [`... and ${more} more`] : [])].join(
      '\n',
    ),
    hint: 'Each line of the list is ship,start,end without a header; an empty start or end is open.',
    cause,
  });
}
