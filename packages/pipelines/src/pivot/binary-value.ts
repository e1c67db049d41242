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
      return realText(bytes.readFloatBE());
    case 'double precision':
      return floatText(bytes.readDoubleBE(), 15);
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

/** A shortest exact form of a single: the fewest digits that lead back to it. */
function realText(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return floatText(value, 6);
  for (let digits = 1; digits < 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return floatText(shorter, 6);
  }
  return floatText(Number(value.toPrecision(9)), 6);
}

/** JavaScript finds digits as short as those of Postgres since 12, but turns to exponents elsewhere. */
function floatText(value: number, digits: number): string {
  if (Object.is(value, -0)) return '-0';
  if (!Number.isFinite(value) || value === 0) return String(value);
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < digits) return plainText(mantissa, power);
  const sign = power < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** A mantissa such as `-1.25` times a power of ten, without an exponent. */
function plainText(mantissa: string, power: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
  const rest = digits.slice(power + 1);
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`;
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
