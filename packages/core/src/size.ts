import { z } from 'zod';

const UNITS = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;

const NO_SIZE = 'is no size; write for example 256MB or 1GB';

/**
 * Reads a number of bytes such as `256MB`, with units of 1,024 as Postgres' own settings have them.
 * @returns null where the text is no size, is zero, or is more than is counted exactly.
 */
export function parseSize(text: string): number | null {
  const match = /^(\d+) ?(B|KB|MB|GB|TB)$/i.exec(text.trim());
  if (match === null) return null;
  const bytes = Number(match[1]) * UNITS[match[2]?.toUpperCase() as keyof typeof UNITS];
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}

/** A number of bytes as `parseSize` reads it. */
export const sizeSchema = z.string({ error: NO_SIZE }).transform((text, context) => {
  const bytes = parseSize(text);
  if (bytes === null) {
    context.addIssue({ code: 'custom', message: NO_SIZE });
    return z.NEVER;
  }
  return bytes;
});
