import { momentSchema, parseDuration, parseTimestamp } from '@drover/core';
import { InvalidArgumentError, Option } from 'commander';

/** Options that several verbs share, each with its default in the help. */
export const fileOption = () =>
  new Option('-f, --file <path>', 'migration file, YAML or JSON').default('migration.yaml');

export const jsonOption = () => new Option('--json', 'print JSON').default(false);

export const logsOption = () =>
  new Option('--logs <folder>', 'folder of the log files, "none" for no files').default('logs');

export const reportsOption = () =>
  new Option('--reports <folder>', 'folder of the reports').default('reports');

export const verificationOption = () =>
  new Option('--verification <folder>', 'folder of the differences that were found').default(
    'verification',
  );

export const shipsOption = () =>
  new Option('--ship, --ships <ids>', 'of a pivot only these ships, separated by commas').argParser(
    names('Name at least one ship, for example --ships S1,S2.'),
  );

export const tablesOption = () =>
  new Option(
    '--table, --tables <names>',
    'of a warehouse only these tables, as schema.table, separated by commas',
  )
    .argParser(names('Name at least one table, for example --tables shop.orders.'))
    .conflicts('ships');

/** What a command is limited to: ships or tables, by the pipeline. */
export interface EntityOptions {
  readonly ships?: string[];
  readonly tables?: string[];
}

export function entitiesOf({ ships, tables }: EntityOptions): { readonly entities?: string[] } {
  const entities = ships ?? tables;
  return entities === undefined ? {} : { entities };
}

const names = (hint: string) => (text: string) => {
  const list = text.split(',').filter((name) => name !== '');
  if (list.length > 0) return list;
  throw new InvalidArgumentError(hint);
};

export const fromOption = () =>
  new Option('--from <moment>', 'start here instead, included').argParser(moment);

export const toOption = () =>
  new Option('--to <moment>', 'end here instead, excluded').argParser(moment);

/** A moment that needs no clock to be understood. */
export function absoluteMoment(text: string): string {
  if (parseTimestamp(text) !== null) return text;
  throw new InvalidArgumentError('Write for example 2026-01-31 or "2026-01-31 08:15:00.5".');
}

export const cutoffOption = () =>
  new Option(
    '--cutoff <moment>',
    'where backfill ends, for instance now-1h; remembered per ship',
  ).argParser(moment);

export const dryRunOption = (what: string) => new Option('--dry-run', what).default(false);

export const runOption = (what = 'this run instead of the newest') =>
  new Option('--run <number>', what).argParser(positiveNumber);

export const workersOption = (standard: number) =>
  new Option(
    '--workers <number>',
    'worker processes to start here; 0 uses those that run elsewhere',
  )
    .argParser(wholeNumber)
    .default(standard);

export const concurrencyOption = () =>
  new Option('--concurrency <number>', 'chunks at once in each worker started here')
    .argParser(positiveNumber)
    .default(1);

export const graceOption = () =>
  new Option('--grace <length>', 'how long chunks in hand may go on when the workers are stopped')
    .argParser(lengthOfTime)
    .default('30s');

export const yesOption = (what = 'do not ask for confirmation') =>
  new Option('--yes', what).default(false);

export const progressOption = () =>
  new Option(
    '--progress <interval>',
    'how often the progress is shown, e.g. 5s, or off (default: 500ms on a terminal, elsewhere 10s)',
  ).argParser(interval(100, '100ms'));

export const statisticsOption = () =>
  new Option(
    '--statistics <interval>',
    'print a line of statistics so often, e.g. 10s; off for none, whatever the file says',
  ).argParser(interval(1000, '1s'));

export const statisticsCsvOption = () =>
  new Option(
    '--statistics-csv <file>',
    'append a row of statistics so often, by default each 10s, to this CSV file',
  );

/** How often, in milliseconds. */
export type IntervalOption = number | 'off';

function interval(leastMs: number, least: string): (text: string) => IntervalOption {
  return (text) => {
    if (text === 'off') return text;
    const micros = parseDuration(text);
    if (micros !== null && micros >= BigInt(leastMs) * 1000n) return Number(micros / 1000n);
    throw new InvalidArgumentError(
      `Write a length of time of ${least} or more, for example 10s, or off.`,
    );
  };
}

/** The same that the migration file takes, so that a typing error is not left for the server to guess at. */
function moment(text: string): string {
  const { success, data } = momentSchema.safeParse(text);
  if (success) return data;
  throw new InvalidArgumentError('Write for example 2026-01-31, "2026-01-31 08:15:00" or now-1h.');
}

export function lengthOfTime(text: string): string {
  if (parseDuration(text) !== null) return text;
  throw new InvalidArgumentError('Write a length of time, for example 30s, 10m or 1h.');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('Write a whole number.');
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('Write 1 or more.');
  return value;
}
