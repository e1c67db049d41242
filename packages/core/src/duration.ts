const UNITS = {
  us: 1n,
  ms: 1_000n,
  s: 1_000_000n,
  m: 60_000_000n,
  h: 3_600_000_000n,
  d: 86_400_000_000n,
} as const;

type Unit = keyof typeof UNITS;

/** What a person is told whose text `parseDuration` cannot read. */
export const NO_DURATION = 'is no length of time; write for example 24h, 90m or 1d12h';

/**
 * Reads a length of time such as `24h`, `90m`, `15s`, `500ms`, `1d12h`.
 * @returns microseconds, or null where the text is no length of time or is zero.
 */
export function parseDuration(text: string): bigint | null {
  const parts = [...text.trim().matchAll(/(\d+)(us|ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.trim()) return null;
  const total = parts.reduce(
    (sum, part) => sum + BigInt(part[1] ?? 0) * UNITS[part[2] as Unit],
    0n,
  );
  return total > 0n ? total : null;
}

/** The shortest form that `parseDuration` reads back to the same length, largest units first. */
export function formatDuration(micros: bigint): string {
  let rest = micros;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms', 'us'] as const) {
    const count = rest / UNITS[unit];
    if (count > 0n) text += `${count}${unit}`;
    rest %= UNITS[unit];
  }
  return text === '' ? '0s' : text;
}

/** `now`, `now-1h`, `now+5m`: an offset from a clock that is asked later. */
export function parseRelative(text: string): { offsetMicros: bigint } | null {
  const match = /^now(?:([+-])(.+))?$/.exec(text.trim());
  if (match === null) return null;
  if (match[1] === undefined) return { offsetMicros: 0n };
  const length = parseDuration(match[2] ?? '');
  if (length === null) return null;
  return { offsetMicros: match[1] === '-' ? -length : length };
}
