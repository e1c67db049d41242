/** A row that Doris refused. */
export interface RefusedRow {
  /** Without the value. */
  readonly reason: string;
  /** The row as it was sent, or as Doris prints it. */
  readonly line: string;
}

/**
 * Reads the log behind an ErrorURL: entries `Reason: <why>. src line [<row>]; `, where the row may have line
 * breaks of its own. Doris logs some 50 rows, whatever their number.
 */
export function readErrorLog(text: string): readonly RefusedRow[] {
  const starts = [...text.matchAll(/(?<=^|\]; ?\n)Reason: /g)].map((match) => match.index);
  return starts.map((start, index) => {
    const entry = text.slice(start + 'Reason: '.length, starts[index + 1] ?? text.length).trimEnd();
    const at = entry.indexOf('. src line [');
    if (at === -1) return { reason: withoutValue(entry), line: '' };
    const line = entry.slice(at + '. src line ['.length).replace(/\];?\s*$/, '');
    return { reason: withoutValue(entry.slice(0, at)), line };
  });
}

/** The values that two of Doris' reasons quote: what is kept of a row, others decide. Versions 3.0 to 4.1. */
function withoutValue(reason: string): string {
  return reason
    .replace(/(input str: )\[[\s\S]*\](?= schema length)/, '$1(left out)')
    .replace(/, src value is [\s\S]*$/, '');
}
