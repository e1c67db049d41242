import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** The variables of a `.env` in the folder, and above them those of the real environment. */
export function readEnvironment(folder: string): Readonly<Record<string, string | undefined>> {
  return { ...readDotEnv(join(folder, '.env')), ...process.env };
}

function readDotEnv(path: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}
