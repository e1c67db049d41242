/** A string constant as MySQL and Doris read it. */
export function targetLiteral(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
