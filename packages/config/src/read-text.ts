import { readFileSync } from 'node:fs';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'is not there: part of its path is a file',
  EACCES: 'may not be read by this user',
};

/** A file's text, or why there is none and what to do. */
type TextFile = { readonly text: string } | TextFault;

interface TextFault {
  readonly fault: string;
  readonly fix: string;
  readonly missing: boolean;
  readonly cause: unknown;
}

/**
 * Reads UTF-8, without a byte order mark. Bytes that are no UTF-8 are a fault: replaced by a sign of
 * their own, as Node does, they would make another name of a channel.
 */
export function readTextFile(path: string): TextFile {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return {
      fault: REASONS[code] ?? `cannot be read (${code})`,
      fix: 'give the right path',
      missing: code === 'ENOENT',
      cause: error,
    };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { fault: 'is not UTF-8 text', fix: 'save it as UTF-8', missing: false, cause: error };
  }
}
