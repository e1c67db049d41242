import { describe, expect, test } from 'vitest';
import { isSecretKey, passwordsIn } from './secret-patterns.ts';
import { textWithoutSecrets } from './text-without-secrets.ts';

const UGLY = String.raw`p@ss"w\örd%2F'$`;

describe('an address with a password that nobody named', () => {
  // Mutations in IN_ADDRESS: without encoded('/', '2F') or encoded('@', '40'), `[^\s"']` in place of
  // `[^\n\r]`, `+?` in place of `{1,256}`, without the lookahead for ports.
  test.each([
    ['postgres://drover:s3cret@db1/ships', 'postgres://drover:[secret]@db1/ships'],
    ['redis://:482913@h:6379', 'redis://:[secret]@h:6379'],
    [`postgres://u:${UGLY}@db1/ships`, 'postgres://u:[secret]@db1/ships'],
    ['postgres://u:two words@db1/ships', 'postgres://u:[secret]@db1/ships'],
    ['postgres://u:a/b?c#d@db1/ships', 'postgres://u:[secret]@db1/ships'],
    ['postgres://u:12/s3cret@db1/ships', 'postgres://u:[secret]@db1/ships'],
    ['postgres%3A%2F%2Fu%3As3cret%40db1%2Fships', 'postgres%3A%2F%2Fu%3A[secret]%40db1%2Fships'],
    [String.raw`postgres:\/\/u:s3cret@db1\/ships`, String.raw`postgres:\/\/u:[secret]@db1\/ships`],
    ['a://u:one@h and b://u:two@h', 'a://u:[secret]@h and b://u:[secret]@h'],
  ])('loses it: %s', (address, expected) => {
    expect(textWithoutSecrets(`see ${address}`)).toBe(`see ${expected}`);
    expect(textWithoutSecrets(`{"msg":"see ${address}"}`)).toBe(`{"msg":"see ${expected}"}`);
  });

  // Mutation: without END_OF_TEXT in IN_ADDRESS the fields between the two go as well.
  test('ends where the text of a JSON line ends', () => {
    expect(textWithoutSecrets('{"a":"x://u:one@h","b":1,"c":"ada@example.org"}')).toBe(
      '{"a":"x://u:[secret]@h","b":1,"c":"ada@example.org"}',
    );
  });

  // Mutations: without the lookahead for ports; without that for references.
  test.each([
    'postgres://db1:5432/ships and ada@example.org',
    'http://localhost:8080, http://localhost:8081 of ada@example.org',
    '{"queue":"redis://h:6379","mail":"ada@example.org"}',
    'postgres://drover@db1:5432/ships',
    'redis://[::1]:6379 of ada@example.org',
    'postgres://drover:${PASSWORD}@db1/ships',
    'postgres://drover:${HALF}${PASSWORD}@db1/ships',
  ])('is not seen where there is none: %s', (text) => {
    expect(textWithoutSecrets(text)).toBe(text);
  });
});

describe('what stands behind a telling key', () => {
  // Mutations: each alternative of KEY, of the signs between key and value, and of BEHIND_KEY.
  test.each([
    ['password=s3cret', 'password=[secret]'],
    ['Password = s3cret', 'Password = [secret]'],
    ['PGPASSWORD=s3cret psql', 'PGPASSWORD=[secret]'],
    ['pass_word: s3cret', 'pass_word: [secret]'],
    ['pass-word: s3cret', 'pass-word: [secret]'],
    ['passwort: s3cret', 'passwort: [secret]'],
    ['passwd=s3cret', 'passwd=[secret]'],
    ['passphrase=s3cret', 'passphrase=[secret]'],
    ['passcode=s3cret', 'passcode=[secret]'],
    ['pass=s3cret', 'pass=[secret]'],
    ['DB_PASS=s3cret', 'DB_PASS=[secret]'],
    ['pwd=s3cret', 'pwd=[secret]'],
    ['Kennwort: s3cret', 'Kennwort: [secret]'],
    ['clientSecret: s3cret', 'clientSecret: [secret]'],
    ['access_token=s3cret', 'access_token=[secret]'],
    ['apiKey=s3cret', 'apiKey=[secret]'],
    ['AWS_ACCESS_KEY_ID=s3cret', 'AWS_ACCESS_KEY_ID=[secret]'],
    ['private-key: s3cret', 'private-key: [secret]'],
    ['credentials: s3cret', 'credentials: [secret]'],
    ['Set-Cookie: s3cret', 'Set-Cookie: [secret]'],
    ['Authorization: Basic czNjcmV0', 'Authorization: [secret]'],
    ['password => s3cret', 'password => [secret]'],
    ['password := s3cret', 'password := [secret]'],
    ['password%3Ds3cret', 'password%3D[secret]'],
    ["alter role x password 's3cret'", "alter role x password '[secret]'"],
    ["{ password: 's3cret', user: 'u' }", "{ password: '[secret]', user: 'u' }"],
    ['"password": "s3cret", "user": "u"', '"password": "[secret]", "user": "u"'],
    ['{"password":"s\\"x\\",y","user":"u"}', '{"password":"[secret]","user":"u"}'],
    [
      '{\\"password\\":\\"s3cret\\",\\"user\\":\\"u\\"}',
      '{\\"password\\":\\"[secret]\\",\\"user\\":\\"u\\"}',
    ],
    ['{"password":482913,"user":"u"}', '{"password":[secret]":"u"}'],
    ["password: 'it''s'", "password: '[secret]'"],
    ['{"msg":"password=s3cret x","code":1}', '{"msg":"password=[secret]","code":1}'],
    [`password=${UGLY} more`, 'password=[secret]'],
    ['password: "not closed', 'password: [secret]'],
    ['password: "}, not closed', 'password: [secret]'],
    [`{"msg":"password='s3cret'","code":1}`, `{"msg":"password='[secret]'","code":1}`],
    [
      '{\\"password\\":\\"a\\\\\\",b\\",\\"user\\":\\"u\\"}',
      '{\\"password\\":\\"[secret]\\",\\"user\\":\\"u\\"}',
    ],
    ['postgres://h/d?sslpassword=s3cret&x=1', 'postgres://h/d?sslpassword=[secret]'],
  ])('goes: %s', (text, expected) => {
    expect(textWithoutSecrets(`${text}\nnext: line`)).toBe(`${expected}\nnext: line`);
  });

  // Mutations: without BELOW_KEY; without `\k<indent>` in it.
  test.each(['|', '>-', '', '"begun here', '|2 # note'])(
    'goes with the lines of YAML below it, after "%s"',
    (first) => {
      const text = `a:\n  password: ${first}\n    s3cret\n\n    more\n  user: u\n`;
      const cleaned = textWithoutSecrets(text);
      expect(cleaned).not.toMatch(/s3cret|more/);
      expect(cleaned).toMatch(/^a:\n {2}password: .*\[secret\]\n {2}user: u\n$/s);
    },
  );

  // Mutation: without the lookahead for REFERENCE in BEHIND_KEY.
  test.each([
    'password: ${PASSWORD}',
    'password: "${PASSWORD}"',
    '{ host: h, password: ${PASSWORD}, tls: require }',
    'postgres://h/d?password=${PASSWORD}&x=1',
    'Check user, password and TLS settings',
    'password authentication failed for user "drover"',
    'the passage: 12 of 14 passed; compass: north',
  ])('is left where it is none: %s', (text) => {
    expect(textWithoutSecrets(text)).toBe(text);
  });

  // Mutation: without BEARER.
  test.each([
    ['Bearer abc.DEF-1_2~3+4/5=', 'Bearer [secret]'],
    ['bearer%20abcdef', 'bearer%20[secret]'],
    ['["Bearer abcdef"]', '["Bearer [secret]"]'],
  ])('is a bearer token: %s', (text, expected) => {
    expect(textWithoutSecrets(text)).toBe(expected);
  });

  // Mutations: without a bound on what is tried from one place on, each takes longer than a test may.
  test.each([
    ['keys', 'password'.repeat(200_000)],
    ['addresses', '%3A%2F%2Fu'.repeat(100_000)],
    ['passwords', '%3A%2F%2Fu%3Ap'.repeat(30_000)],
    ['blanks', `${'password '.repeat(200_000)}${' '.repeat(200_000)}`],
    ['lines', `password:\n${'  x\n'.repeat(200_000)}`],
    ['quotes', `password="${'\\"'.repeat(200_000)}`],
  ])('is looked for in a long row of %s without end', (_, text) => {
    expect(textWithoutSecrets(text).length).toBeGreaterThan(0);
  });
});

describe('the passwords of a text', () => {
  // Mutations: without IN_ADDRESS_ALONE; without `unescaped`, or its doubled quotes; without each of `firstWords`; without the cut at a comment; without either split.
  test.each([
    ['password: s3cret', 's3cret'],
    ['password: s3cret # of 2024', 's3cret'],
    ['{ password: s3cret, user: u }', 's3cret'],
    ['password: "two words"', 'two words'],
    ["password: 'two words' # note", 'two words'],
    ['password: "say \\"two\\" \\u00f6"', 'say "two" ö'],
    ["password: 'it''s \\'", "it's \\"],
    ['password: two words', 'two words'],
    ['password: two words # of 2024', 'two words'],
    ['password:\n  "two words" # of 2024', 'two words'],
    ["password:\n  'two words' # of 2024", 'two words'],
    ['password: |\n  two words\n  more', 'two words'],
    ['password: ${HALF}s3cret', 's3cret'],
    ['password: |\n  s3cret\n', 's3cret'],
    ["connection: postgres://h/d?password=''pw''&x=1", "''pw''"],
    ['connection: postgres://u:s3cret@h/d', 's3cret'],
    ['connection: "postgres://u:a\\",b@h/d"', 'a",b'],
    ['connection: postgres://u:a://b@h/d', 'a://b'],
    ['connection: "postgres://u:2/b\\"@h/d"', '2/b"'],
  ])('are named as they may be meant: %s', (text, password) => {
    expect(passwordsIn(text)).toContain(password);
  });

  // Mutation: without `port` of IN_ADDRESS_ALONE.
  test.each([
    'password: ${PW}\nurl: redis://:${PW}@h\nuser: u',
    'url: redis://h:6379 # of ada@example.org',
    'connection: postgres://u@h:5432/d?application_name=a@b',
    'connection: postgres://h:5432/d?application_name=a@b',
  ])('are none where there is none: %j', (text) => {
    expect(passwordsIn(text)).toEqual([]);
  });
});

test.each([
  ['password', true],
  ['PGPASSWORD', true],
  ['sslPassword', true],
  ['DB_PASS', true],
  ['apiKey', true],
  ['passages', false],
  ['compass', false],
  ['host', false],
  ['primary_key', false],
])('a key called %s is taken for that of a secret: %s', (key, secret) => {
  expect(isSecretKey(key)).toBe(secret);
});
