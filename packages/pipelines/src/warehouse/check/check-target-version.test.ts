import { expect, test } from 'vitest';
import { judgeVersion } from './check-target-version.ts';

test('versions that Drover does not know are a warning', () => {
  const level = (major: number, minor: number) => judgeVersion({ major, minor }).level;
  expect(judgeVersion({ major: 3, minor: 0 })).toEqual({
    level: 'info',
    rule: 'target-version',
    subject: 'target',
    reason: 'Apache Doris 3.0',
    fix: '',
  });
  expect([level(3, 1), level(4, 0), level(4, 1)]).toEqual(['info', 'info', 'info']);
  expect([level(2, 1), level(4, 2), level(5, 0)]).toEqual(['warning', 'warning', 'warning']);
  expect(judgeVersion(null).level).toBe('warning');
});
