import { notKnown, refused } from './sql-error.ts';

export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly at: number }
  | { readonly kind: 'name'; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly text: string; readonly at: number }
  | { readonly kind: 'number'; readonly text: string; readonly at: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number };

/** Blanks and comments; not hints and comments for a version, which mean something. */
const SPACE = /(?:\s+|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?![+!])[\s\S]*?\*\/)+/y;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const HEX_STRING = /[xX]'([0-9a-fA-F]*)'/y;
const SYMBOL = /<=>|<=|>=|<>|!=|\|\||&&|@@|[-+*/%=<>(),.;~&|^!@]/y;

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\u001a',
  // The backslash stays before the wildcards of LIKE.
  '%': '\\%',
  _: '\\_',
};

/** Cuts a statement into tokens; comments and blanks are dropped, an `end` token closes the list. */
export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(sql);
  };
  for (;;) {
    at += match(SPACE)?.[0].length ?? 0;
    const first = sql[at];
    if (first === undefined) break;
    if (first === "'" || first === '"' || first === '`') {
      const { text, end } = readQuoted(sql, at, first);
      tokens.push({ kind: first === '`' ? 'name' : 'string', text, at });
      at = end;
      continue;
    }
    const token = tokenAt(match, at);
    if (token === null) throw refused(`Syntax error at position ${at}: unexpected '${first}'`);
    tokens.push(token.token);
    at += token.length;
  }
  tokens.push({ kind: 'end', text: '', at });
  return tokens;
}

function tokenAt(
  match: (pattern: RegExp) => RegExpExecArray | null,
  at: number,
): { token: Token; length: number } | null {
  const hex = match(HEX_STRING);
  if (hex !== null) {
    return { token: { kind: 'string', text: textOfHex(hex[1] ?? ''), at }, length: hex[0].length };
  }
  for (const [kind, pattern] of [
    ['number', NUMBER],
    ['word', WORD],
    ['symbol', SYMBOL],
  ] as const) {
    const found = match(pattern);
    if (found !== null) return { token: { kind, text: found[0], at }, length: found[0].length };
  }
  return null;
}

/** Reads up to the closing quote; a doubled quote stands for one, a backslash escapes except in names. */
function readQuoted(sql: string, start: number, quote: string): { text: string; end: number } {
  const special = quote === '`' ? /`/g : quote === '"' ? /["\\]/g : /['\\]/g;
  let text = '';
  let at = start + 1;
  for (;;) {
    special.lastIndex = at;
    const hit = special.exec(sql);
    if (hit === null) throw refused(`Syntax error at position ${start}: ${quote} is not closed`);
    text += sql.slice(at, hit.index);
    const next = sql[hit.index + 1];
    at = hit.index + 2;
    if (hit[0] === '\\') {
      if (next === undefined) {
        throw refused(`Syntax error at position ${start}: ${quote} is not closed`);
      }
      text += ESCAPES[next] ?? next;
    } else if (next === quote) text += quote;
    else return { text, end: hit.index + 1 };
  }
}

/** Text from bytes; bytes that are no UTF-8 have no place in a string of the stand-in. */
export function textOfHex(digits: string): string {
  if (digits.length % 2 === 1) throw notKnown(`hex text of odd length: X'${digits}'`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(digits, 'hex'),
    );
  } catch (error) {
    throw Object.assign(notKnown(`strings that are no UTF-8: X'${digits}'`), { cause: error });
  }
}
