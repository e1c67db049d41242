import { z } from 'zod';

const NO_MOMENT = 'is no time of day; write for example 22:00';
const NO_ZONE = 'is no time zone; write for example Europe/Berlin or UTC';

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, NO_MOMENT);

/** Hours of the day in a time zone, half-open; they may go over midnight. */
export const hoursSchema = z
  .strictObject({
    from: timeOfDay.describe('Start, included, for example 22:00.'),
    to: timeOfDay.describe('End, excluded, for example 06:00; over midnight is fine.'),
    timeZone: z
      .string()
      .refine(isTimeZone, NO_ZONE)
      .default('UTC')
      .describe('Name of the time zone that they are meant in.'),
  })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    message: 'is the same as from; leave hours out where every hour will do',
  });

export type Hours = z.output<typeof hoursSchema>;

/**
 * Whether the clocks of the time zone show a moment of these hours. Where they are put forward, hours that
 * lie in the gap are not shown that day; where they are put back, hours are shown twice.
 * @param nowMs milliseconds since 1970.
 */
export function isWithin({ from, to, timeZone }: Hours, nowMs: number): boolean {
  const now = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(nowMs);
  return from < to ? from <= now && now < to : from <= now || now < to;
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
