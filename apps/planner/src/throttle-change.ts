import {
  DroverError,
  LIMIT_NAMES,
  type LimitName,
  type Throttle,
  type ThrottleSettings,
  throttleSchema,
} from '@drover/core';
import { InvalidArgumentError } from 'commander';
import { optionName } from './views/throttle-text.ts';

/** What the command line names; what it does not name stays as it is. */
export interface ThrottleWish {
  readonly chunksPerSecond?: number;
  readonly concurrency?: number;
  readonly rowsPerSecond?: number;
  readonly query?: string;
  readonly queryBelow?: number;
  readonly replicationLag?: string;
  readonly hours?: { readonly from: string; readonly to: string };
  readonly timeZone?: string;
  /** Limits to lift; true for all of them. */
  readonly off?: readonly LimitName[] | true;
}

/**
 * What changes: limits that are named take their new value, null where they are lifted. A query keeps its
 * number, and hours their time zone, where only the other half is named.
 * @throws DroverError FILE_INVALID where a half is missing, or a limit is both set and lifted.
 */
export function changeOf(wish: ThrottleWish, inForce: Throttle): ThrottleSettings {
  const lifted = wish.off === true ? LIMIT_NAMES : (wish.off ?? []);
  const settings = { ...plainLimits(wish), ...queryOf(wish, inForce), ...hoursOf(wish, inForce) };
  const both = lifted.find((name) => wish.off !== true && settings[name] !== undefined);
  if (both !== undefined) {
    throw wrongUse(`${optionName(both)} is set, and lifted by --off.`, 'Leave one of them out.');
  }
  return { ...Object.fromEntries(lifted.map((name) => [name, null])), ...settings };
}

function plainLimits(wish: ThrottleWish): ThrottleSettings {
  const { chunksPerSecond, concurrency, rowsPerSecond, replicationLag } = wish;
  const named = Object.entries({ chunksPerSecond, concurrency, rowsPerSecond, replicationLag });
  return Object.fromEntries(named.filter(([, limit]) => limit !== undefined));
}

function queryOf(wish: ThrottleWish, { query }: Throttle): ThrottleSettings {
  if (wish.query === undefined && wish.queryBelow === undefined) return {};
  const sql = wish.query ?? query?.sql;
  const below = wish.queryBelow ?? query?.below;
  if (sql !== undefined && below !== undefined) return { query: { sql, below } };
  throw wrongUse(
    `There is no query in force, and ${sql === undefined ? '--query' : '--query-below'} is missing.`,
    'Give both: --query "select ..." --query-below 40.',
  );
}

function hoursOf(wish: ThrottleWish, { hours }: Throttle): ThrottleSettings {
  if (wish.hours === undefined && wish.timeZone === undefined) return {};
  const span = wish.hours ?? hours;
  const timeZone = wish.timeZone ?? hours?.timeZone ?? 'UTC';
  if (span !== undefined) return { hours: { from: span.from, to: span.to, timeZone } };
  throw wrongUse(
    'There are no hours in force that --time-zone could be about.',
    'Give both: --hours 22:00-06:00 --time-zone Europe/Berlin.',
  );
}

function wrongUse(message: string, hint: string): DroverError {
  return new DroverError('FILE_INVALID', { message, hint });
}

const NUMBERS = {
  chunksPerSecond: 'Write a number from 0.0001 to 1000, for example 0.5.',
  concurrency: 'Write a whole number from 1.',
  rowsPerSecond: 'Write a whole number from 1.',
} as const;

/** Reads the number of a limit as the migration file would take it. */
export function numberOf(name: keyof typeof NUMBERS): (text: string) => number {
  return (text) => limitOf(name, number(text)) ?? refuse(NUMBERS[name]);
}

export function anyNumber(text: string): number {
  const value = number(text);
  return Number.isFinite(value) ? value : refuse('Write a number.');
}

/** `22:00-06:00` */
export function hoursOfDay(text: string): { readonly from: string; readonly to: string } {
  const [from, to, ...more] = text.split('-');
  const hours = more.length === 0 ? limitOf('hours', { from, to }) : undefined;
  return hours ?? refuse('Write for example 22:00-06:00.');
}

export function timeZoneName(text: string): string {
  const hours = limitOf('hours', { from: '00:00', to: '12:00', timeZone: text });
  return hours?.timeZone ?? refuse('Write the name of a time zone, for example Europe/Berlin.');
}

/** `chunks-per-second,query` */
export function limitNames(text: string): readonly LimitName[] {
  return text.split(',').map((word) => {
    const name = LIMIT_NAMES.find((one) => optionName(one) === word.trim());
    return name ?? refuse(`Name limits among ${LIMIT_NAMES.map(optionName).join(', ')}.`);
  });
}

function limitOf<Name extends LimitName>(name: Name, value: unknown): Throttle[Name] {
  return throttleSchema.safeParse({ [name]: value }).data?.[name];
}

function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function refuse(advice: string): never {
  throw new InvalidArgumentError(advice);
}
