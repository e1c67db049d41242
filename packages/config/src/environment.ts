import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { DroverError } from '@drover/core';
import { readTextFile } from './read-text.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables of a `.env` in the folder, and above them those of the real environment.
 * @throws DroverError FILE_INVALID where there is a `.env` that cannot be read.
 */
export function readEnvironment(folder: string): Environment {
  const path = join(folder, '.env');
  const file = readTextFile(path);
  if ('text' in file) return { ...parseEnv(file.text), ...process.env };
  if (file.missing) return process.env;
  throw new DroverError('FILE_INVALID', {
    message: `${path}: ${file.fault}.`,
    hint: 'Mend it, or remove it and set the variables in the environment.',
    cause: file.cause,
  });
}
