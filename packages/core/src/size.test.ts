import { describe, expect, test } from 'vitest';
import { parseSize, sizeSchema } from './size.ts';

describe('a size', () => {
  test.each([
    ['1B', 1],
    ['256MB', 268_435_456],
    ['1 gb', 1_073_741_824],
    ['8191TB', 8191 * 1024 ** 4],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', '0MB', '10', 'MB', '1.5GB', '-1MB', '8192TB', '1MB1KB'])('%j is none', (text) => {
    expect(parseSize(text)).toBeNull();
  });

  test('that cannot be read is told with an example of one that can', () => {
    expect(sizeSchema.safeParse('lots').error?.issues[0]?.message).toBe(
      'is no size; write for example 256MB or 1GB',
    );
  });
});
