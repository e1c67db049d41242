/** Standard output is for results, standard error for everything about the way there. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, bigintAsText, 2));
}

/** For output without an end: whoever reads it takes it line by line. */
export function printJsonLine(value: unknown): void {
  print(JSON.stringify(value, bigintAsText));
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
