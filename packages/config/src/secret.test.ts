import { afterEach, describe, expect, test, vi } from 'vitest';
import { faultsOf, MINIMAL, MigrationFolder } from './testing/migration-folder.ts';

const SECRET = 's3cret';
const REFUSED =
  'a password stands in the file; write it as ${NAME} and put it into the environment or a .env file';

/** The minimal file with another connection, which begins at 6:15. */
const connecting = (connection: string) =>
  MINIMAL.replace('postgres://drover@db1/ships', () => connection);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a password that is written out', () => {
  // Mutation: `holdsSecret` in interpolate.ts without `beyond` lets the ones with / ? # pass.
  test.each([
    [`postgres://drover:${SECRET}@db1/ships`, '6:15'],
    [`postgres://drover:a@${SECRET}@db1/ships`, '6:15'],
    [`POSTGRES://drover:${SECRET}@db1/ships`, '6:15'],
    [`postgres://:${SECRET}@db1/ships`, '6:15'],
    [`postgres://drover:${SECRET}/x@db1/ships`, '6:15'],
    [`postgres://drover:12/${SECRET}@db1/ships`, '6:15'],
    [`'postgres://drover:${SECRET}?x@db1/ships'`, '6:15'],
    [`'postgres://drover:${SECRET}#x@db1/ships'`, '6:15'],
    [`'postgres://drover@db1/ships?password=${SECRET}'`, '6:15'],
    [`'postgres://drover@db1/ships?a=b&sslpassword=${SECRET}'`, '6:15'],
    [`postgres://drover:\${HALF}${SECRET}@db1/ships`, '6:15'],
    [`{ host: h, user: u, database: d, password: ${SECRET} }`, '6:58'],
    [`{ host: h, user: u, database: d, password: 12345 }`, '6:58'],
    [`{ host: h, user: u, database: d, password: true }`, '6:58'],
    [`{ host: h, user: u, database: d, password: '${SECRET}\${HALF}' }`, '6:58'],
    [`{ host: h, user: u, database: d, password: '$\${HALF}' }`, '6:58'],
    [`{ host: h, user: u, database: &x ${SECRET}, password: *x }`, '6:66'],
  ])('is refused, unquoted: %s', async (connection, place) => {
    vi.stubEnv('HALF', 'half');
    const lines = await faultsOf(connecting(connection));
    expect(lines).toEqual([`ships.yaml:${place} ${REFUSED}`]);
  });

  test('is refused in the address of the queue', async () => {
    const text = MINIMAL.replace('redis://localhost', `redis://:${SECRET}@localhost`);
    expect(await faultsOf(text)).toEqual([`ships.yaml:4:8 ${REFUSED}`]);
  });

  test('is refused in JSON', async () => {
    const text = `{ "pipeline": "pivot",\n  "source": { "connection": { "password": "${SECRET}" } } }`;
    const lines = await faultsOf(text, 'ships.json');
    expect(lines).toContain(`ships.json:2:43 ${REFUSED}`);
    expect(lines.join('\n')).not.toContain(SECRET);
  });

  test.each([
    'postgres://drover@db1:5432/ships',
    'postgres://drover:${PW}@db1/ships',
    'postgres://drover:${USER_PART}${PW}@db1:5432/ships?sslmode=require',
    "'postgres://drover@db1/ships?password=${PW}'",
    "'postgres://db1:5432/ships?application_name=a@b'",
    '{ host: h, user: u, database: d, password: "${PW}" }',
    '{ host: h, user: u, database: d, password: "" }',
    '{ host: h, user: &u "${PW}", database: d, password: *u }',
  ])('is not seen where there is none: %s', async (connection) => {
    vi.stubEnv('PW', SECRET);
    vi.stubEnv('USER_PART', 'x');
    using folder = new MigrationFolder({ 'ships.yaml': connecting(connection) });
    expect((await folder.load()).text).not.toContain(SECRET);
  });
});

describe('a value of the environment', () => {
  // Mutation: without `#unresolved` in migration-document.ts the schema's own message shows the value.
  test('is never in a message, even of a schema that quotes what it was given', async () => {
    vi.stubEnv('PW', SECRET);
    expect(await faultsOf(`${MINIMAL}label: a\${PW}\n`)).toEqual([
      'ships.yaml:8:1 label "a${PW}" is not fine; mend it',
    ]);
  });

  // Mutation: `written.text` itself as the replacement in migration-document.ts puts the value for $&.
  test('is not in a message beside signs that mean something to a replacement', async () => {
    vi.stubEnv('PW', SECRET);
    expect(await faultsOf(`${MINIMAL}label: $&\${PW}\n`)).toEqual([
      'ships.yaml:8:1 label "$&${PW}" is not fine; mend it',
    ]);
  });

  test.each([
    ['as a whole connection', connecting('${PW}')],
    ['as a port', connecting('{ host: h, user: u, database: d, port: "${PW}" }')],
    ['as the pipeline', MINIMAL.replace('pivot', '${PW}')],
    ['as a name', MINIMAL.replace('name: ships', 'name: ${PW}x Y')],
    ['as a length of time', `${MINIMAL}length: \${PW}\n`],
    ['as a moment', `${MINIMAL}from: \${PW}\n`],
    ['as a choice', `${MINIMAL}index: \${PW}\n`],
    ['as a list that is not there', `${MINIMAL}channels: [{ file: "\${PW}" }]\n`],
    ['as a key', `${MINIMAL}\${PW}: 1\n`],
  ])('is not in the message where it is wrong %s', async (_, text) => {
    vi.stubEnv('PW', SECRET);
    using folder = new MigrationFolder({ 'ships.yaml': text });
    const error: unknown = await folder.load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'FILE_INVALID' });
    const lines = await folder.faults();
    expect(lines.join('\n')).not.toContain(SECRET);
    for (const line of lines) expect(line).toMatch(/^ships\.yaml:\d+:\d+ /);
  });

  // The parser's own messages quote what they stumble over.
  test.each([`"${SECRET}" x`, `"\\${SECRET}"`, `|${SECRET}`, `@${SECRET}`, `[${SECRET}`])(
    'that somebody wrote out wrongly is not in a message about syntax: %s',
    async (value) => {
      const lines = await faultsOf(`${MINIMAL}label: ${value}\n`);
      expect(lines.join('\n')).not.toContain(SECRET);
    },
  );
});
