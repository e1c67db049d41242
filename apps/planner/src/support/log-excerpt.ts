import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What of a log file is worth sending: its first line, its last ones, and what went wrong before those. */
export interface LogExcerpt {
  readonly lines: number;
  readonly first: string | null;
  /** Warnings and errors before `last`: the newest of them, and how many there were. */
  readonly errors: readonly string[];
  readonly errorCount: number;
  readonly last: readonly string[];
}

interface Line {
  readonly text: string;
  readonly number: number;
}

const IS_ERROR = /"level":"(?:warn|error|fatal)"/;

/**
 * Reads a log from end to end, holding no more than `most` lines of each sort. A line begins with `{`; what
 * does not belongs to the line before, so that no excerpt begins in the middle of one.
 */
export async function readLogExcerpt(path: string, most: number): Promise<LogExcerpt> {
  const last: Line[] = [];
  const errors: Line[] = [];
  let first: string | null = null;
  let lines = 0;
  let errorCount = 0;
  const keep = (text: string) => {
    const line = { text, number: lines };
    lines += 1;
    first ??= text;
    push(last, line, most);
    if (!IS_ERROR.test(text)) return;
    errorCount += 1;
    push(errors, line, most + most);
  };
  let open = '';
  for await (const part of createInterface({
    input: createReadStream(path),
    crlfDelay: Infinity,
  })) {
    if (part.startsWith('{') && open !== '') {
      keep(open);
      open = part;
    } else open = open === '' ? part : `${open}\n${part}`;
  }
  if (open !== '') keep(open);
  const start = lines - last.length;
  const before = errors.filter(({ number }) => number < start);
  const textOf = ({ text }: Line) => text;
  return {
    lines,
    first,
    errors: before.slice(-most).map(textOf),
    errorCount: errorCount - (errors.length - before.length),
    last: last.map(textOf),
  };
}

function push(lines: Line[], line: Line, most: number): void {
  lines.push(line);
  if (lines.length > most) lines.shift();
}
