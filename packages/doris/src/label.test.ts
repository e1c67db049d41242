import { describe, expect, test } from 'vitest';
import { labelOf } from './label.ts';

const CHUNK = { migrationId: '0f4c2d9e-1111-4222-8333-444455556666', chunkId: 42, generation: 3 };

describe('a label', () => {
  test('is the same for every attempt at a generation of a chunk', () => {
    expect(labelOf(CHUNK)).toBe('drover_0f4c2d9e-1111-4222-8333-444455556666_42_3');
    expect(labelOf({ ...CHUNK })).toBe(labelOf(CHUNK));
  });

  test('is another one for the next generation, another chunk and another part', () => {
    const labels = [
      labelOf(CHUNK),
      labelOf({ ...CHUNK, generation: 4 }),
      labelOf({ ...CHUNK, chunkId: 4, generation: 23 }),
      labelOf({ ...CHUNK, part: 'd0' }),
      labelOf({ ...CHUNK, part: 'd1' }),
      labelOf({ ...CHUNK, migrationId: 'another' }),
    ];
    expect(new Set(labels).size).toBe(labels.length);
  });

  test('holds only what all versions take', () => {
    const label = labelOf({ ...CHUNK, migrationId: 'größe.1 /x', part: 'a.b' });
    expect(label).toMatch(/^[-_A-Za-z0-9:]{1,128}$/);
  });

  test('that would be too long for Doris is refused, as cutting it could make two chunks one', () => {
    expect(() => labelOf({ ...CHUNK, migrationId: 'm'.repeat(120) })).toThrow(RangeError);
  });
});
