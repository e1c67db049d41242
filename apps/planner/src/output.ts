import { writeFileSync } from 'node:fs';
import { DroverError } from '@drover/core';
import { print } from './print.ts';

/**
 * Writes a result to a file, or prints it.
 * @throws DroverError FILE_INVALID where the file cannot be written.
 */
export function writeOutput(text: string, path: string | undefined): void {
  if (path === undefined) {
    if (text !== '') print(text);
    return;
  }
  try {
    writeFileSync(path, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new DroverError('FILE_INVALID', {
      message: `${path} cannot be written (${code}).`,
      hint: 'Name a file in a folder that is there and that you may write to.',
      cause: error,
    });
  }
}
