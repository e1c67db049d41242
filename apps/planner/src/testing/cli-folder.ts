import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type CliProcess, type CliResult, runCli, startCli } from './cli-process.ts';

/** A folder in which a person would work: a migration file, and the `.env` beside it. */
export interface CliFolder extends AsyncDisposable {
  /** Of the migration; no other test has it. */
  readonly name: string;
  readonly folder: string;
  readonly file: string;
  drover(
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<CliResult>;
  start(args: readonly string[], environment?: Readonly<Record<string, string>>): CliProcess;
  /** Every file below the folder, relative to it. */
  files(): string[];
}

export function cliFolder(of: {
  /** What the migration file holds besides its name. */
  readonly spec: (name: string) => object;
  readonly env: Readonly<Record<string, string>>;
}): CliFolder {
  const folder = mkdtempSync(join(tmpdir(), 'drover-cli-'));
  const file = join(folder, 'migration.yaml');
  const name = `cli-${randomUUID().slice(0, 8)}`;
  writeFileSync(file, stringify({ name, ...of.spec(name) }));
  const lines = Object.entries(of.env).map(([variable, value]) => `${variable}=${value}\n`);
  writeFileSync(join(folder, '.env'), lines.join(''));
  const at = (environment: Readonly<Record<string, string>> = {}) => ({ cwd: folder, environment });
  return {
    name,
    folder,
    file,
    drover: (args, environment) => runCli(args, at(environment)),
    start: (args, environment) => startCli(args, at(environment)),
    files: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort(),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How a migration file names a variable of the environment. */
export const reference = (name: string): string => `\${${name}}`;
