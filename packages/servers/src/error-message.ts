/** What an error says, for a list of what was tried. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
