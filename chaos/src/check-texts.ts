import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlExecutor } from '@drover/core';
import { WATCHER_FAILED } from './check-processes.ts';
import { type DroverProcess, PRINTED } from './drover-process.ts';
import { SECRETS } from './ground.ts';

/** A line of a stack as Node prints it. */
const STACK = /^\s+at .+:\d+:\d+\)?$/m;

/** A line of progress. */
const PROGRESS = /^drover: (prepare|data|finish|verify): \d/m;

const LEDGER_TABLES = ['run', 'chunk', 'attempt', 'reject', 'difference', 'worker'];

/** No file of the migration's folder but `.env` holds a secret; nothing printed is a stack trace. */
export function checkFiles(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.env')
    .map((entry) => join(entry.parentPath, entry.name));
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const name = file.slice(folder.length + 1);
    const secret = Object.values(SECRETS).some((one) => text.includes(one));
    const stack = name.startsWith(`${PRINTED}/`) && STACK.test(text);
    return [
      ...(secret ? [`a password is in ${name}`] : []),
      ...(stack ? [`a stack trace is in ${name}`] : []),
    ];
  });
}

/** A watcher that had begun waits for what is away: it ends early only with the report of a failed run. */
export function checkWatcher(folder: string, { name, code }: DroverProcess): string[] {
  if (code !== WATCHER_FAILED) return [];
  const text = readFileSync(join(folder, PRINTED, `${name}.txt`), 'utf8');
  const gaveUp = PROGRESS.test(text) && !text.includes('Verification: UNFINISHED');
  return gaveUp ? [`${name} gave up before the run had ended`] : [];
}

/** The ledger holds no secret. */
export async function checkLedgerTexts(target: SqlExecutor): Promise<string[]> {
  const violations: string[] = [];
  for (const table of LEDGER_TABLES) {
    const [row] = await target.query(
      `select count(*) as rows from drover.${table} t
       where exists (select 1 from unnest($1::text[]) secret where strpos(t::text, secret) > 0)`,
      [Object.values(SECRETS)],
    );
    if (row?.['rows'] !== '0') violations.push(`a password is in drover.${table}`);
  }
  return violations;
}
