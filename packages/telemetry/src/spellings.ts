/** A backslash as it stands, or percent-encoded as often as an address within an address is. */
const BACKSLASH = String.raw`(?:\\|%(?:25){0,3}5C)`;

/** What one backslash becomes in JSON that stands in JSON that stands in JSON. */
const MOST_BACKSLASHES = 8;

/** Characters that JSON writes as a backslash and a letter. */
const LETTERS: Readonly<Record<string, string>> = {
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\f': 'f',
  '\r': 'r',
};

/**
 * Finds a value however it was written down: as it is, percent-encoded in whole or in part, escaped for
 * JSON, with doubled quotes, each also several times over. Capitals count for nothing, nor does how many
 * spaces stand in a row.
 */
export function spellingsOf(value: string): RegExp {
  const parts = value.matchAll(/\\+| +|[^\\ ]/gsu);
  return new RegExp([...parts].map(([part]) => spellingsOfPart(part)).join(''), 'gi');
}

function spellingsOfPart(part: string): string {
  if (part.startsWith('\\')) return backslashes(part.length);
  return part.startsWith(' ') ? `${spellingsOfCharacter(' ')}+` : spellingsOfCharacter(part);
}

function spellingsOfCharacter(character: string): string {
  const spellings = [
    character.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`),
    [...Buffer.from(character)].map((byte) => `%(?:25){0,3}${hex(byte, 2)}`).join(''),
    character
      .split('')
      .map((unit) => `${backslashes(1)}u${hex(unit.charCodeAt(0), 4)}`)
      .join(''),
  ];
  const letter = LETTERS[character];
  if (letter !== undefined) spellings.push(`${backslashes(1)}${letter}`);
  if (character === '"' || character === "'") spellings.unshift(character.repeat(2));
  if (character === ' ') spellings.push(String.raw`\+`);
  const escaped = /[a-z0-9]/i.test(character) ? '' : `${BACKSLASH}{0,${MOST_BACKSLASHES}}`;
  return `(?:${escaped}(?:${spellings.join('|')}))`;
}

/** Backslashes in a row, taken together: one by one, a long row of them would be divided in every way there is. */
function backslashes(count: number): string {
  return `${BACKSLASH}{${count},${count * MOST_BACKSLASHES}}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
