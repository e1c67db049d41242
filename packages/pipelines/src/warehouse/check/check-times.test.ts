import { expect, test } from 'vitest';
import { warehouseSpecSchema } from '../spec.ts';
import { warehouseSpec } from '../testing/warehouse-spec.ts';
import { checkTimes } from './check-times.ts';

function levels(load: string, chunk: string): string[] {
  const { shape } = warehouseSpecSchema;
  const spec = warehouseSpec({});
  const file = {
    ...spec,
    load: { ...spec.load, timeout: shape.load.parse({ timeout: load }).timeout },
    chunk: { ...spec.chunk, timeLimit: shape.chunk.parse({ timeLimit: chunk }).timeLimit },
  };
  return [...checkTimes(file)].map(({ level }) => level);
}

test('a load may last as long as Doris lets it, and remembers it, and longer than its chunk', () => {
  expect(levels('1h', '30m')).toEqual([]);
  expect(levels('1h', '1h')).toEqual([]);
  expect(levels('11h', '30m')).toEqual([]);
  expect(levels('12h', '30m')).toEqual(['warning']);
  expect(levels('72h', '30m')).toEqual(['warning']);
  expect(levels('73h', '30m')).toEqual(['error']);
  expect(levels('20m', '30m')).toEqual(['warning']);
});
