import { NotDescribed } from './refusal.ts';
import type { Generation } from './store.ts';

/** D24 does not see that a year is before Christ and reads it as one after (§6). */
const BEFORE_CHRIST = ' BC';

/** `YYYY-MM-DD`, the years 0000 to 9999 (§6); null: not a date. */
export function dateOf(text: string, generation: Generation): string | null {
  const date = readable(text, generation);
  return isDate(date) ? date : null;
}

/** `YYYY-MM-DD HH:MM:SS` and at most `scale` digits of a fraction; null: not a time. */
export function dateTimeOf(text: string, scale: number, generation: Generation): string | null {
  const match = /^(\S{10}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(.*)$/s.exec(
    readable(text, generation),
  );
  if (match === null) return null;
  const [, date = '', hour = '', minute = '', second = '', fraction = '', rest = ''] = match;
  if (!isDate(date) || hour > '23' || minute > '59' || second > '59') return null;
  if (/^[+-]\d/.test(rest) || rest === 'Z') {
    throw new NotDescribed(`how the offset of the time '${text}' is read`);
  }
  if (rest !== '') return null;
  if (/[1-9]/.test(fraction.slice(scale))) {
    throw new NotDescribed(`how '${text}' is rounded to ${scale} digits of the fraction`);
  }
  const seconds = `${date} ${hour}:${minute}:${second}`;
  return scale === 0 ? seconds : `${seconds}.${fraction.slice(0, scale).padEnd(scale, '0')}`;
}

function readable(text: string, generation: Generation): string {
  return generation === 'D24' && text.endsWith(BEFORE_CHRIST)
    ? text.slice(0, -BEFORE_CHRIST.length)
    : text;
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return false;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}
