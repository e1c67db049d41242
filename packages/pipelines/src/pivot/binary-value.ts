import { formatTimestamp } from '@drover/core';

/** Postgres counts its moments and days from here. */
const MICROS_TO_2000 = 946_684_800_000_000n;
const MICROS_PER_DAY = 86_400_000_000n;

const LAST = 2n ** 63n - 1n;
const FIRST = -(2n ** 63n);
const LAST_DAY = 2 ** 31 - 1;
const FIRST_DAY = -(2 ** 31);

/**
 * A value of the binary format as Postgres would print it, for people who look at rejects; in hexadecimal
 * where the type is not one of the usual. Source: the receive functions of the types.
 */
export function binaryToText(bytes: Buffer, type: string): string {
  switch (type) {
    case 'boolean':
      return bytes[0] === 0 ? 'false' : 'true';
    case 'smallint':
      return String(bytes.readInt16BE());
    case 'integer':
      return String(bytes.readInt32BE());
    case 'bigint':
      return String(bytes.readBigInt64BE());
    case 'real':
      return floatText(bytes.readFloatBE());
    case 'double precision':
      return floatText(bytes.readDoubleBE());
    case 'date':
      return dateText(bytes.readInt32BE());
    case 'timestamp without time zone':
      return momentText(bytes.readBigInt64BE(), '');
    case 'timestamp with time zone':
      return momentText(bytes.readBigInt64BE(), '+00');
    case 'text':
    case 'json':
      return bytes.toString('utf8');
    default:
      return type.startsWith('character') ? bytes.toString('utf8') : `\\x${bytes.toString('hex')}`;
  }
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function momentText(micros: bigint, zone: string): string {
  if (micros === LAST) return 'infinity';
  if (micros === FIRST) return '-infinity';
  const text = formatTimestamp(micros + MICROS_TO_2000);
  return text.endsWith(' BC') ? `${text.slice(0, -3)}${zone} BC` : `${text}${zone}`;
}

function dateText(days: number): string {
  if (days === LAST_DAY) return 'infinity';
  if (days === FIRST_DAY) return '-infinity';
  return formatTimestamp(BigInt(days) * MICROS_PER_DAY + MICROS_TO_2000).replace(' 00:00:00', '');
}
