import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlExecutor } from '@drover/core';
import { PRINTED } from './drover-process.ts';
import { SECRETS } from './ground.ts';

/** A line of a stack as Node prints it. */
const STACK = /^\s+at .+:\d+:\d+\)?$/m;

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
