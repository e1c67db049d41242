import { refused, type SqlError } from './sql-error.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Words that stand for themselves only between backticks. */
const RESERVED = new Set(
  (
    'ADD ALTER AND AS ASC BETWEEN BY CASE CAST COLUMN CREATE DATABASE DELETE DESC DISTINCT DISTRIBUTED DIV DROP ' +
    'ELSE EXISTS FALSE FROM GROUP HAVING IN INSERT INTO IS JOIN KEY KEYS KILL LIKE LIMIT NOT NULL ON OR ORDER ' +
    'REPLACE SELECT SET SHOW TABLE THEN TO TRUE UNION UNIQUE UPDATE USE USING VALUES WHEN WHERE WITH'
  ).split(' '),
);

/** Walks over the tokens of one statement. */
export class TokenReader {
  readonly #sql: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(sql: string) {
    this.#sql = sql;
    this.#tokens = tokensOf(sql);
  }

  /** The statement as written, from a position to the next token. */
  textFrom(position: number): string {
    return this.#sql.slice(position, this.peek().at).trim();
  }

  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw refused('Syntax error: the statement is empty');
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' && token.text.toUpperCase() === word;
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.text === symbol;
  }

  /** Takes the words, written with blanks between them, if they come next; else takes nothing. */
  accept(words: string): boolean {
    const list = words.split(' ');
    if (!list.every((word, index) => this.isWord(word, index))) return false;
    this.#at += list.length;
    return true;
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.#at += 1;
    return true;
  }

  expect(words: string): void {
    if (!this.accept(words)) throw this.unexpected(words);
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.unexpected(`'${symbol}'`);
  }

  identifier(): string {
    const token = this.peek();
    const plain = token.kind === 'word' && !RESERVED.has(token.text.toUpperCase());
    if (token.kind !== 'name' && !plain) throw this.unexpected('an identifier');
    this.#at += 1;
    return token.text;
  }

  string(): string {
    if (this.peek().kind !== 'string') throw this.unexpected('a string');
    return this.next().text;
  }

  integer(): number {
    const token = this.peek();
    const value = Number(token.text);
    if (token.kind !== 'number' || !Number.isSafeInteger(value)) {
      throw this.unexpected('an integer');
    }
    this.#at += 1;
    return value;
  }

  /** What `item` reads, once or more often, separated by commas. */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.acceptSymbol(',')) items.push(item());
    return items;
  }

  parenthesized<T>(content: () => T): T {
    this.expectSymbol('(');
    const value = content();
    this.expectSymbol(')');
    return value;
  }

  end(): void {
    this.acceptSymbol(';');
    if (this.peek().kind !== 'end') throw this.unexpected('the end of the statement');
  }

  unexpected(wanted: string): SqlError {
    const { kind, text, at } = this.peek();
    const found = kind === 'end' ? 'the end' : `'${text}'`;
    return refused(`Syntax error at position ${at}: expected ${wanted}, found ${found}`);
  }
}
