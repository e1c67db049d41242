import { type FormBase, type SourceForm, shortForm } from './source-form.ts';
import type { SourceColumn } from './source-table.ts';
import { MAX_VARCHAR_BYTES, type TargetType } from './target-type.ts';

/** The longest form of a character in UTF-8. */
const CHARACTER_BYTES = 4;

/** Types whose texts have few bytes: how many at most, and whether these texts have the order of the values. */
const SHORT_TEXTS: Readonly<Record<string, { bytes: number; textOrder: boolean }>> = {
  uuid: { bytes: 36, textOrder: true },
  // The hours have two digits, and fraction digits follow only where there are some.
  time: { bytes: 64, textOrder: true },
  timetz: { bytes: 64, textOrder: false },
  interval: { bytes: 64, textOrder: false },
  inet: { bytes: 64, textOrder: false },
  cidr: { bytes: 64, textOrder: false },
  macaddr: { bytes: 64, textOrder: true },
  macaddr8: { bytes: 64, textOrder: true },
  pg_lsn: { bytes: 64, textOrder: false },
  // One byte, which newer servers print as four characters where it is none of ASCII.
  char: { bytes: 8, textOrder: false },
};

/** Labels have 63 bytes, in another encoding of the source perhaps more in UTF-8. */
const NAME: TargetType = { kind: 'varchar', bytes: 255 };

/** Types of the server's own that arrive as texts; null for other types. */
export function textForm(
  column: string,
  { type, bytewise }: Pick<SourceColumn, 'type' | 'bytewise'>,
): SourceForm | null {
  const few = SHORT_TEXTS[type.name];
  if (few !== undefined) {
    return {
      ...shortForm(`${column}::text`, { text: `${column}::text`, ...few }),
      family: 'text',
      cut: null,
      target: { kind: 'varchar', bytes: few.bytes },
    };
  }
  switch (type.name) {
    case 'text':
      return freeText(column, { textOrder: bytewise });
    case 'varchar':
      return freeText(column, { characters: type.length, textOrder: bytewise });
    case 'bpchar':
      // The cast takes the padding off.
      return freeText(`${column}::text`, { characters: type.length, textOrder: bytewise });
    case 'name':
      return { ...label(column), textOrder: bytewise };
    case 'bit':
    case 'varbit':
      return {
        ...freeText(`${column}::text`, { textOrder: false }),
        family: 'text',
        cut: null,
        maxBytes: type.length,
        target: varcharOrString(type.length),
      };
    case 'bytea':
      return {
        ...freeText(`encode(${column}, 'hex')`, { textOrder: true }),
        family: 'text',
        bytes: `2 * octet_length(${column})::bigint`,
        ascii: true,
        cut: (bytes) => `encode(substring(${column} from 1 for ${Math.floor(bytes / 2)}), 'hex')`,
      };
    default:
      return null;
  }
}

/** One of a few names. */
export function label(column: string): SourceForm {
  return {
    ...shortForm(`${column}::text`, {
      text: `${column}::text`,
      bytes: 255,
      textOrder: false,
      ascii: false,
    }),
    family: 'text',
    cut: null,
    target: NAME,
  };
}

/** @param of.characters that the type allows; null or absent: any number. */
export function freeText(
  value: string,
  of: { characters?: number | null; textOrder: boolean },
): FormBase & Extract<SourceForm, { family: 'text' }> {
  const maxBytes = of.characters == null ? null : of.characters * CHARACTER_BYTES;
  return {
    family: 'text',
    value,
    text: value,
    bytes: `octet_length(${value})`,
    ascii: false,
    maxBytes,
    textOrder: of.textOrder,
    cut: (bytes) => cutText(value, bytes),
    target: varcharOrString(maxBytes),
  };
}

/** A text that would mean something else if it were cut, in no order of its values. */
export function wholeText(value: string): SourceForm {
  return { ...freeText(value, { textOrder: false }), cut: null };
}

function varcharOrString(bytes: number | null): TargetType {
  return bytes !== null && bytes >= 1 && bytes <= MAX_VARCHAR_BYTES
    ? { kind: 'varchar', bytes }
    : { kind: 'string' };
}

/**
 * SQL that cuts a text to at most so many bytes of UTF-8, between two characters: the first byte left out, and up
 * to two before it, may belong to a character that began earlier (their two highest bits are 10).
 */
function cutText(value: string, bytes: number): string {
  const goesOn = (back: number) => `get_byte(u.b, ${bytes - back}) & 192 = 128`;
  const back = `case when not ${goesOn(0)} then 0 when not ${goesOn(1)} then 1 when not ${goesOn(2)} then 2 else 3 end`;
  // `offset 0` keeps the conversion from being done again for each byte that is looked at.
  return `(select convert_from(substring(u.b from 1 for greatest(${bytes} - ${back}, 0)), 'UTF8') from (select convert_to(${value}, 'UTF8') as b offset 0) u)`;
}
