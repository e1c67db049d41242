import { DroverError, type Finding } from '@drover/core';

/** What a part of a check looks at, as a person reads it: e.g. `source (host:5432/name)`. */
export function placeOf(side: string, { where }: { readonly where: string }): string {
  return `${side} (${where})`;
}

/**
 * An error ends these findings and is one itself: the others still come.
 * @returns what the findings return; null where they ended with an error.
 */
export async function* guarded<T>(
  subject: string,
  findings: AsyncGenerator<Finding, T>,
): AsyncGenerator<Finding, T | null> {
  try {
    return yield* findings;
  } catch (error) {
    yield failure(error, subject);
    return null;
  }
}

/** An error as a finding. */
export function failure(error: unknown, subject: string): Finding {
  const known = error instanceof DroverError;
  return {
    level: 'error',
    rule: known ? error.code.toLowerCase().replaceAll('_', '-') : 'unknown',
    subject,
    reason: error instanceof Error ? error.message : 'an unknown error',
    fix: known && error.hint !== '' ? error.hint : 'Run again with --debug.',
  };
}
