import { literalNumber } from './decimal.ts';
import { parseDate, parseDateTime } from './moment.ts';
import { castType, parseWrittenType } from './parse-type.ts';
import { notKnown } from './sql-error.ts';
import type { BinaryOperator, Expression } from './syntax.ts';
import type { TokenReader } from './token-reader.ts';

const NULL: Expression = { kind: 'literal', type: { name: 'NULL' }, value: null };

/** Reads one expression. Binding, loosest first: OR, AND, NOT, comparison, | ^ &, + -, * / %, sign. */
export function parseExpression(reader: TokenReader): Expression {
  let left = parseAnd(reader);
  while (reader.accept('OR')) left = binary('OR', left, parseAnd(reader));
  if (reader.isSymbol('||')) throw notKnown('||; write OR or CONCAT');
  return left;
}

function parseAnd(reader: TokenReader): Expression {
  let left = parseNot(reader);
  while (reader.accept('AND') || reader.acceptSymbol('&&')) {
    left = binary('AND', left, parseNot(reader));
  }
  return left;
}

function parseNot(reader: TokenReader): Expression {
  if (reader.accept('NOT')) return { kind: 'not', operand: parseNot(reader) };
  return parseComparison(reader);
}

const COMPARISONS: Readonly<Record<string, BinaryOperator>> = {
  '=': '=',
  '<=>': '<=>',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

function parseComparison(reader: TokenReader): Expression {
  let left = parseBits(reader);
  for (;;) {
    const token = reader.peek();
    const operator = token.kind === 'symbol' ? COMPARISONS[token.text] : undefined;
    if (operator !== undefined) {
      reader.next();
      left = binary(operator, left, parseBits(reader));
    } else if (reader.accept('IS')) left = parseIs(reader, left);
    else {
      const negated = reader.accept('NOT');
      const test = parseTest(reader, left);
      if (test === null) {
        if (negated) throw reader.unexpected('IN, LIKE or BETWEEN');
        return left;
      }
      left = negated ? { kind: 'not', operand: test } : test;
    }
  }
}

function parseIs(reader: TokenReader, operand: Expression): Expression {
  const negated = reader.accept('NOT');
  reader.expect('NULL');
  const test: Expression = { kind: 'is-null', operand };
  return negated ? { kind: 'not', operand: test } : test;
}

function parseTest(reader: TokenReader, operand: Expression): Expression | null {
  if (reader.accept('IN')) {
    return reader.parenthesized(() => {
      if (reader.isWord('SELECT')) throw notKnown('IN with a subquery');
      return { kind: 'in', operand, list: reader.list(() => parseExpression(reader)) };
    });
  }
  if (reader.accept('LIKE')) return { kind: 'like', operand, pattern: parseBits(reader) };
  if (!reader.accept('BETWEEN')) return null;
  const low = parseBits(reader);
  reader.expect('AND');
  return binary('AND', binary('>=', operand, low), binary('<=', operand, parseBits(reader)));
}

const BIT_FUNCTIONS = { '|': 'BITOR', '^': 'BITXOR', '&': 'BITAND' } as const;

function parseBits(reader: TokenReader): Expression {
  let left = parseSum(reader);
  for (;;) {
    const symbol = (['|', '^', '&'] as const).find((one) => reader.acceptSymbol(one));
    if (symbol === undefined) return left;
    left = call(BIT_FUNCTIONS[symbol], [left, parseSum(reader)]);
  }
}

function parseSum(reader: TokenReader): Expression {
  let left = parseProduct(reader);
  for (;;) {
    const operator = (['+', '-'] as const).find((one) => reader.acceptSymbol(one));
    if (operator === undefined) return left;
    left = binary(operator, left, parseProduct(reader));
  }
}

function parseProduct(reader: TokenReader): Expression {
  let left = parseSign(reader);
  for (;;) {
    const operator =
      (['*', '/', '%'] as const).find((one) => reader.acceptSymbol(one)) ??
      (reader.accept('DIV') ? 'DIV' : undefined);
    if (operator === undefined) return left;
    left = binary(operator, left, parseSign(reader));
  }
}

function parseSign(reader: TokenReader): Expression {
  if (reader.acceptSymbol('+')) return parseSign(reader);
  if (!reader.acceptSymbol('-')) return parsePrimary(reader);
  // A negative literal is one literal: the least BIGINT has no positive counterpart.
  if (reader.peek().kind === 'number') return literalNumber(`-${reader.next().text}`);
  return { kind: 'negate', operand: parseSign(reader) };
}

function parsePrimary(reader: TokenReader): Expression {
  const token = reader.peek();
  if (token.kind === 'number') return literalNumber(reader.next().text);
  if (token.kind === 'string') {
    return { kind: 'literal', type: { name: 'STRING' }, value: reader.next().text };
  }
  if (reader.acceptSymbol('@@')) return parseVariable(reader);
  if (reader.isSymbol('(')) return parseParentheses(reader);
  return parseWord(reader) ?? parseName(reader);
}

function parseVariable(reader: TokenReader): Expression {
  const scope = reader.accept('SESSION') || reader.accept('GLOBAL');
  if (scope) reader.expectSymbol('.');
  return { kind: 'variable', name: reader.identifier().toLowerCase() };
}

function parseParentheses(reader: TokenReader): Expression {
  const items = reader.parenthesized(() => {
    if (reader.isWord('SELECT')) throw notKnown('subqueries outside of FROM');
    return reader.list(() => parseExpression(reader));
  });
  const [first] = items;
  return items.length === 1 && first !== undefined ? first : { kind: 'tuple', items };
}

function parseWord(reader: TokenReader): Expression | null {
  if (reader.accept('NULL')) return NULL;
  if (reader.accept('TRUE')) return { kind: 'literal', type: { name: 'BOOLEAN' }, value: 1n };
  if (reader.accept('FALSE')) return { kind: 'literal', type: { name: 'BOOLEAN' }, value: 0n };
  if (reader.accept('CASE')) return parseCase(reader);
  if (reader.isWord('EXISTS')) throw notKnown('EXISTS');
  if (reader.isWord('CAST') && reader.isSymbol('(', 1)) {
    reader.next();
    return reader.parenthesized(() => {
      const operand = parseExpression(reader);
      reader.expect('AS');
      return { kind: 'cast', operand, type: castType(parseWrittenType(reader)) };
    });
  }
  if (reader.peek(1).kind === 'string') {
    if (reader.accept('DATE')) return parseDate(reader.string());
    if (reader.accept('TIMESTAMP')) return parseDateTime(reader.string());
  }
  return null;
}

function parseCase(reader: TokenReader): Expression {
  const subject = reader.isWord('WHEN') ? null : parseExpression(reader);
  const branches: { when: Expression; value: Expression }[] = [];
  while (reader.accept('WHEN')) {
    const test = parseExpression(reader);
    reader.expect('THEN');
    const value = parseExpression(reader);
    branches.push({ when: subject === null ? test : binary('=', subject, test), value });
  }
  if (branches.length === 0) throw reader.unexpected('WHEN');
  const otherwise = reader.accept('ELSE') ? parseExpression(reader) : NULL;
  reader.expect('END');
  return { kind: 'case', branches, otherwise };
}

/** Words that are reserved elsewhere and name a function before a parenthesis. */
const FUNCTION_WORDS = ['REPLACE', 'DATABASE'];

function parseName(reader: TokenReader): Expression {
  if (reader.isSymbol('(', 1)) {
    const word = FUNCTION_WORDS.find((one) => reader.accept(one));
    return parseCall(reader, word ?? reader.identifier().toUpperCase());
  }
  const path = [reader.identifier()];
  while (reader.acceptSymbol('.')) path.push(reader.identifier());
  return { kind: 'column', qualifier: path.slice(0, -1), name: path.at(-1) ?? '' };
}

function parseCall(reader: TokenReader, name: string): Expression {
  const made = reader.parenthesized((): Expression => {
    if (reader.acceptSymbol('*')) return { kind: 'call', name, args: '*', distinct: false };
    if (reader.isSymbol(')')) return call(name, []);
    const distinct = reader.accept('DISTINCT');
    const args = reader.list(() => parseExpression(reader));
    return { kind: 'call', name, args, distinct };
  });
  if (reader.isWord('OVER')) throw notKnown('window functions');
  return made;
}

function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', operator, left, right };
}

function call(name: string, args: readonly Expression[]): Expression {
  return { kind: 'call', name, args, distinct: false };
}
