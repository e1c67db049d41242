/**
 * Timestamps as Postgres prints them (ISO style), computed with in microseconds since
 * 1970-01-01 00:00:00 on the proleptic Gregorian calendar, without a zone. They never pass through
 * a JavaScript Date, which knows neither microseconds nor the years before Christ as Postgres
 * writes them.
 */
export type Micros = bigint;

export const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;

const PATTERN =
  /^(\d{4,6})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?( BC)?$/;

/**
 * Reads `2026-01-31`, `2026-01-31 08:15`, `2026-01-31 08:15:30.123456`, with `T` for the blank, an
 * offset (`Z`, `+09`, `+05:30`) that is applied, and ` BC`.
 * @returns null where the text is no such moment (also `infinity`, which is no number of microseconds).
 */
export function parseTimestamp(text: string): Micros | null {
  const match = PATTERN.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone, era] =
    match;
  const civilYear = era === undefined ? Number(year) : 1 - Number(year);
  if (Number(year) === 0) return null;
  const days = daysFromCivil(civilYear, Number(month), Number(day));
  if (days === null) return null;
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second) > 59) return null;
  if (Number(hour) === 24 && (Number(minute) > 0 || Number(second) > 0 || Number(fraction) > 0))
    return null;
  const seconds =
    Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offsetSeconds(zone ?? 'Z');
  return (
    BigInt(days) * MICROS_PER_DAY +
    BigInt(seconds) * MICROS_PER_SECOND +
    BigInt(fraction.padEnd(6, '0'))
  );
}

/** The form that Postgres prints with DateStyle ISO: fraction only where there is one. */
export function formatTimestamp(micros: Micros): string {
  const days = floorDivide(micros, MICROS_PER_DAY);
  const { year, month, day } = civilFromDays(Number(days));
  const ofDay = micros - days * MICROS_PER_DAY;
  const seconds = Number(ofDay / MICROS_PER_SECOND);
  const fraction = String(ofDay % MICROS_PER_SECOND)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const date = `${pad(year > 0 ? year : 1 - year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  const time = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  return `${date} ${time}${fraction === '' ? '' : `.${fraction}`}${year > 0 ? '' : ' BC'}`;
}

/** The start of the grid cell of `length` that holds the moment; cells are counted from 1970. */
export function floorToGrid(micros: Micros, length: Micros): Micros {
  return floorDivide(micros, length) * length;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function offsetSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replaceAll(':', '');
  const seconds =
    Number(digits.slice(0, 2)) * 3600 +
    Number(digits.slice(2, 4)) * 60 +
    Number(digits.slice(4, 6));
  return zone.startsWith('-') ? -seconds : seconds;
}

/** Days since 1970-01-01; null for a day that the calendar does not have. */
function daysFromCivil(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthIndex = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthIndex + 2) / 5) + 1;
  const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
