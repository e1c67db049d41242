/** An identifier, always quoted, so that any name is taken to the letter. */
export function identifier(name: string): string {
  if (name === '' || name.includes('\0')) throw new TypeError('not a Postgres identifier');
  return `"${name.replaceAll('"', '""')}"`;
}

export function qualifiedName(schema: string, name: string): string {
  return `${identifier(schema)}.${identifier(name)}`;
}

/**
 * A string constant for the places where the protocol has no parameters (COPY, DDL). Exact whatever
 * `standard_conforming_strings` says: a text with a backslash becomes an escape string.
 */
export function literal(text: string): string {
  if (text.includes('\0')) throw new TypeError('Postgres text holds no zero character');
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** An array constant of the given element type. */
export function arrayLiteral(elements: readonly string[], elementType: string): string {
  return `array[${elements.map(literal).join(',')}]::${elementType}[]`;
}

/** Postgres cuts longer names short without an error. Source: NAMEDATALEN - 1. */
export const MAX_NAME_BYTES = 63;
