import { describe, expect, test } from 'vitest';
import { hoursSchema, isWithin } from './hours.ts';

const at = (iso: string) => Date.parse(iso);

/** What the schema has against it. */
function faults(value: unknown): string[] {
  const parsed = hoursSchema.safeParse(value);
  return (parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}`);
}

describe('hours of the day', () => {
  test.each([
    ['2026-06-01T08:59:59Z', false],
    ['2026-06-01T09:00:00Z', true],
    ['2026-06-01T16:59:59Z', true],
    ['2026-06-01T17:00:00Z', false],
  ])('are half-open: %s', (moment, within) => {
    const hours = hoursSchema.parse({ from: '09:00', to: '17:00' });
    expect(isWithin(hours, at(moment))).toBe(within);
  });

  // Mutation: without the second case of `isWithin` no moment is within hours that go over midnight.
  test.each([
    ['2026-06-01T21:59:59Z', false],
    ['2026-06-01T22:00:00Z', true],
    ['2026-06-01T23:59:59Z', true],
    ['2026-06-02T00:00:00Z', true],
    ['2026-06-02T05:59:59Z', true],
    ['2026-06-02T06:00:00Z', false],
  ])('may go over midnight: %s', (moment, within) => {
    const hours = hoursSchema.parse({ from: '22:00', to: '06:00' });
    expect(isWithin(hours, at(moment))).toBe(within);
  });

  test('may end at midnight', () => {
    const hours = hoursSchema.parse({ from: '20:00', to: '00:00' });
    expect(isWithin(hours, at('2026-06-01T23:59:59Z'))).toBe(true);
    expect(isWithin(hours, at('2026-06-02T00:00:00Z'))).toBe(false);
  });

  // Mutation: without `timeZone` in `isWithin` they are those of this machine.
  test.each([
    ['Europe/Berlin', '2026-01-15T21:00:00Z', true],
    ['Europe/Berlin', '2026-07-15T20:00:00Z', true],
    ['Europe/Berlin', '2026-07-15T19:59:59Z', false],
    ['Asia/Kathmandu', '2026-01-15T16:15:00Z', true],
    ['Asia/Kathmandu', '2026-01-15T16:14:59Z', false],
  ])('are those of their time zone: %s, %s', (timeZone, moment, within) => {
    const hours = hoursSchema.parse({ from: '22:00', to: '06:00', timeZone });
    expect(isWithin(hours, at(moment))).toBe(within);
  });

  test.each([
    // Clocks go from 02:00 to 03:00.
    ['2026-03-29T00:59:59Z', false],
    ['2026-03-29T01:00:00Z', true],
    ['2026-03-29T01:59:59Z', true],
    ['2026-03-29T02:00:00Z', false],
    // Clocks go from 03:00 back to 02:00: half past two comes twice.
    ['2026-10-25T00:29:59Z', false],
    ['2026-10-25T00:30:00Z', true],
    ['2026-10-25T01:00:00Z', false],
    ['2026-10-25T01:30:00Z', true],
    ['2026-10-25T03:00:00Z', false],
  ])('follow the clocks when they are put forward and back: %s', (moment, within) => {
    const hours = hoursSchema.parse({ from: '02:30', to: '04:00', timeZone: 'Europe/Berlin' });
    expect(isWithin(hours, at(moment))).toBe(within);
  });

  test('are in UTC where no zone is named', () => {
    expect(hoursSchema.parse({ from: '09:00', to: '17:00' })).toEqual({
      from: '09:00',
      to: '17:00',
      timeZone: 'UTC',
    });
  });

  test.each([
    [{ from: '9:00', to: '17:00' }, 'from is no time of day; write for example 22:00'],
    [{ from: '09:00', to: '24:00' }, 'to is no time of day; write for example 22:00'],
    [{ from: '09:60', to: '17:00' }, 'from is no time of day; write for example 22:00'],
    [{ from: '09:00', to: '17:00\n' }, 'to is no time of day; write for example 22:00'],
    [
      { from: '09:00', to: '09:00' },
      'to is the same as from; leave hours out where every hour will do',
    ],
    [
      { from: '09:00', to: '17:00', timeZone: 'Mars/Olympus' },
      'timeZone is no time zone; write for example Europe/Berlin or UTC',
    ],
  ])('are refused as %j', (hours, fault) => {
    expect(faults(hours)).toEqual([fault]);
  });
});
