import { createInterface } from 'node:readline/promises';
import { DroverError } from '@drover/core';

/**
 * Asks on the terminal. Without one, and without --yes, nothing is done.
 * @param warning what would be lost.
 * @throws DroverError CONFIRMATION_MISSING
 */
export async function confirm(warning: string, options: { yes: boolean }): Promise<void> {
  if (options.yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new DroverError('CONFIRMATION_MISSING', {
      message: `${warning} Nothing was done: there is no terminal to ask on.`,
      hint: 'Give --yes where this is meant.',
    });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${warning}\nType yes to go on: `);
    if (answer.trim().toLowerCase() === 'yes') return;
  } finally {
    prompt.close();
  }
  throw new DroverError('CONFIRMATION_MISSING', {
    message: 'Not confirmed; nothing was done.',
    hint: 'Type the whole word yes to go on.',
  });
}
