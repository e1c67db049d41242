import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowText, sourceRowText, targetRowText } from './row-text.ts';

const values = fc.array(
  fc.option(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(':', '0', '1', '2', '9') }),
    ),
  ),
  { minLength: 1, maxLength: 6 },
);

/** The values that a text was made of, which there must be one answer to. */
function read(text: string): (string | null)[] {
  const bytes = Buffer.from(text);
  const found: (string | null)[] = [];
  let at = 0;
  while (at < bytes.length) {
    const colon = bytes.indexOf(':', at);
    const length = bytes.toString('latin1', at, colon);
    at = colon + 1 + Number(length);
    found.push(length === '' ? null : bytes.toString('utf8', colon + 1, at));
  }
  return found;
}

describe('the text of a row', () => {
  // Mutations: characters instead of bytes; the length of NULL as 0; no colon.
  test('can be read back to the same values, so no two rows have the same', () => {
    fc.assert(
      fc.property(values, (row) => {
        const text = rowText(row);
        expect(read(text)).toEqual(row);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    { one: ['a|b', 'c'], other: ['a', 'b|c'] },
    { one: ['12', '3'], other: ['1', '23'] },
    { one: [''], other: [null] },
    { one: [':'], other: [null] },
    { one: [null, ''], other: ['', null] },
    { one: ['1:a'], other: ['a'] },
    { one: ['é', ''], other: ['', 'é'] },
  ])('tells $one from $other', ({ one, other }) => {
    expect(rowText(one)).not.toBe(rowText(other));
  });

  test('of no values is the empty text on both sides', () => {
    expect(rowText([])).toBe('');
    expect(sourceRowText([], true)).toBe("''");
    expect(targetRowText([])).toBe("''");
  });
});
