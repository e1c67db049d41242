import { describe, expect, test } from 'vitest';
import { withoutSecrets } from './without-secrets.ts';

describe('fields of a log', () => {
  // Mutation: without `isSecretKey` in without-secrets.ts.
  test.each(['password', 'sslPassword', 'PGPASSWORD', 'apiKey', 'url', 'Connection', 'dsn'])(
    'lose what stands under %s, whatever it is',
    (key) => {
      expect(withoutSecrets({ [key]: 's3cret' })).toEqual({ [key]: '[secret]' });
      expect(withoutSecrets({ a: [{ [key]: { b: 482913 } }] })).toEqual({
        a: [{ [key]: '[secret]' }],
      });
    },
  );

  // Mutation: without `textWithoutSecrets` in without-secrets.ts.
  test('lose the password inside a text, however deep it stands', () => {
    expect(
      withoutSecrets({ error: 'at redis://:s3cret@h', more: [{ argv: ['a://u:s3cret@h'] }] }),
    ).toEqual({
      error: 'at redis://:[secret]@h',
      more: [{ argv: ['a://u:[secret]@h'] }],
    });
  });

  test('are left as they are where there is none', () => {
    const fields = {
      a: 1,
      b: null,
      urls: 'x',
      connections: 3,
      error: 'password authentication failed',
    };
    expect(withoutSecrets(fields)).toEqual(fields);
  });
});
