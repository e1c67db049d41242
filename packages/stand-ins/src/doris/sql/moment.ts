import { refused } from './sql-error.ts';
import type { Expression } from './syntax.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATETIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?$/;

/** The date if the text is one in the form `YYYY-MM-DD` that the calendar has, else null. */
export function readDate(text: string): string | null {
  const parts = DATE.exec(text);
  if (parts === null) return null;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) ? text : null;
}

/** `YYYY-MM-DD HH:MM:SS[.f]` with the fraction as written; a date alone is its midnight; else null. */
export function readDateTime(text: string): { whole: string; fraction: string } | null {
  const day = readDate(text);
  if (day !== null) return { whole: `${day} 00:00:00`, fraction: '' };
  const parts = DATETIME.exec(text);
  if (parts === null) return null;
  const [, date = '', hour = '', minute = '', second = '', fraction = ''] = parts;
  if (readDate(date) === null) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  return { whole: `${date} ${hour}:${minute}:${second}`, fraction };
}

/** Whether the text has one of the forms above, be it a day that the calendar has or not. */
export function hasMomentForm(text: string): boolean {
  return DATE.test(text) || DATETIME.test(text);
}

/** DATE '...' */
export function parseDate(text: string): Expression {
  const value = readDate(text);
  if (value === null) throw refused(`date literal [${text}] is invalid`);
  return { kind: 'literal', type: { name: 'DATE' }, value };
}

/** TIMESTAMP '...' */
export function parseDateTime(text: string): Expression {
  const read = readDateTime(text);
  if (read === null) throw refused(`datetime literal [${text}] is invalid`);
  const { whole, fraction } = read;
  return {
    kind: 'literal',
    type: { name: 'DATETIME', scale: fraction.length },
    value: withFraction(whole, fraction),
  };
}

/** Joins the parts of a stored DATETIME; no fraction, no point. */
export function withFraction(whole: string, fraction: string): string {
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}
