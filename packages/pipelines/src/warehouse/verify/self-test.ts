import { createHash } from 'node:crypto';
import { DroverError } from '@drover/core';
import { rowText } from './row-text.ts';
import type { Side } from './sides.ts';

/** What lengths go wrong with; no character in it means anything to SQL. */
const PLAIN: readonly (string | null)[] = ['', null, '12:3', ' '];

/** What encodings go wrong with; a database in another encoding than UTF-8 could not even read it. */
const WIDE: readonly (string | null)[] = [...PLAIN, 'é', '名', '𝄞'];

/**
 * Lets both databases hash a row whose hash is known: a connection with another character set, or a function
 * that does otherwise than it should, would make every row look different, or none.
 * @throws DroverError DIGEST_UNRELIABLE
 */
export async function testDigests(source: Side, target: Side, utf8: boolean): Promise<void> {
  await Promise.all([testSide(source, utf8 ? WIDE : PLAIN), testSide(target, WIDE)]);
}

async function testSide(side: Side, golden: readonly (string | null)[]): Promise<void> {
  const { dialect } = side;
  const values = golden.map((value) => (value === null ? 'CAST(NULL AS CHAR(1))' : `'${value}'`));
  const hash = dialect.md5(dialect.rowText(values));
  const words = [0, 1, 2, 3].map((word) => `${dialect.wordSum('g.h', word)} AS w${word}`);
  const [row] = await side.query(
    `SELECT g.h AS hash, ${words.join(', ')} FROM (SELECT ${hash} AS h) AS g GROUP BY g.h`,
  );
  const expected = createHash('md5').update(rowText(golden)).digest('hex');
  const sums = expected.match(/.{8}/g)?.map((word) => BigInt(`0x${word}`).toString()) ?? [];
  const right = row?.['hash'] === expected && sums.every((sum, word) => row[`w${word}`] === sum);
  if (!right) {
    throw new DroverError('DIGEST_UNRELIABLE', {
      message: `The ${dialect.side} computes another digest of a known row than it should.`,
    });
  }
}
