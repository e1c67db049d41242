import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { NotDescribed } from './refusal.ts';

/** @throws NotDescribed where the bytes are not whole gzip; what the source throws. */
export async function* gunzip(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const unzip = createGunzip();
  pipeline(Readable.from(pieces), unzip, () => {});
  try {
    for await (const piece of unzip) yield piece as Buffer;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw code.startsWith('Z_')
      ? new NotDescribed(`a body that gzip cannot read (${code})`)
      : error;
  }
}
