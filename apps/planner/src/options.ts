import { InvalidArgumentError, Option } from 'commander';

/** Options that several verbs share, each with its default in the help. */
export const fileOption = () =>
  new Option('-f, --file <path>', 'migration file, YAML or JSON').default('migration.yaml');

export const jsonOption = () => new Option('--json', 'print JSON').default(false);

export const logsOption = () =>
  new Option('--logs <folder>', 'folder of the log files, "none" for no files').default('logs');

export const reportsOption = () =>
  new Option('--reports <folder>', 'folder of the reports').default('reports');

export const shipsOption = () =>
  new Option('--ships <ids>', 'only these ships, separated by commas').argParser((text: string) =>
    text.split(',').filter((ship) => ship !== ''),
  );

export const runOption = () =>
  new Option('--run <number>', 'this run instead of the newest').argParser(positiveNumber);

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

export const yesOption = () => new Option('--yes', 'do not ask for confirmation').default(false);

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Not a whole number.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('Must be 1 or more.');
  return value;
}
