import { afterEach, describe, expect, test, vi } from 'vitest';
import { MINIMAL, MigrationFolder } from './testing/migration-folder.ts';

const FILE = MINIMAL.replace('samples', '${TABLE}');

const tableOf = async (folder: MigrationFolder) =>
  (await folder.load()).spec as unknown as { source: { table: string } };

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a reference to the environment', () => {
  test('is taken from the .env beside the file', async () => {
    using folder = new MigrationFolder({ 'ships.yaml': FILE, '.env': '# ours\nTABLE="of env"\n' });
    expect(await tableOf(folder)).toMatchObject({ source: { table: 'of env' } });
  });

  // Mutation: `{ ...process.env, ...parseEnv(...) }` in environment.ts lets the file win.
  test('is taken from the real environment before the .env', async () => {
    vi.stubEnv('TABLE', 'of the shell');
    using folder = new MigrationFolder({ 'ships.yaml': FILE, '.env': 'TABLE=of env\n' });
    expect(await tableOf(folder)).toMatchObject({ source: { table: 'of the shell' } });
  });

  test('is not looked for in the folder that the command was started in', async () => {
    using elsewhere = new MigrationFolder({ '.env': 'TABLE=of elsewhere\n' });
    using folder = new MigrationFolder({ 'ships.yaml': FILE });
    const before = vi.spyOn(process, 'cwd').mockReturnValue(elsewhere.path);
    try {
      expect(await folder.faults()).toHaveLength(1);
    } finally {
      before.mockRestore();
    }
  });

  test('may be empty: an empty variable is one that is there', async () => {
    vi.stubEnv('NOTHING', '');
    using folder = new MigrationFolder({
      'ships.yaml': MINIMAL.replace('samples', 'a${NOTHING}b'),
    });
    expect(await tableOf(folder)).toMatchObject({ source: { table: 'ab' } });
  });

  test('is taken as it stands: what it holds is not read for references or as YAML', async () => {
    vi.stubEnv('TABLE', '${HOME}: [1, "');
    using folder = new MigrationFolder({ 'ships.yaml': FILE });
    expect(await tableOf(folder)).toMatchObject({ source: { table: '${HOME}: [1, "' } });
  });

  test('written with two dollars stands for itself', async () => {
    using folder = new MigrationFolder({ 'ships.yaml': FILE.replace('${', () => '$${') });
    expect(await tableOf(folder)).toMatchObject({ source: { table: '${TABLE}' } });
  });

  test.each(['$TABLE', 'a$', '$$', '{TABLE}', 'a$b{c}'])('is not seen in %s', async (text) => {
    using folder = new MigrationFolder({
      'ships.yaml': MINIMAL.replace('samples', () => `'${text}'`),
    });
    expect(await tableOf(folder)).toMatchObject({ source: { table: text } });
  });

  test('that nothing answers is told with its name, each at its place', async () => {
    using folder = new MigrationFolder({
      'ships.yaml': FILE.replace('drover@', '${NOBODY}@'),
    });
    const rest = 'set it, or write it into a .env file beside the migration file';
    expect(await folder.faults()).toEqual([
      `ships.yaml:6:15 the environment has no NOBODY; ${rest}`,
      `ships.yaml:7:10 the environment has no TABLE; ${rest}`,
    ]);
  });

  // Mutation: without the look at `this.problems` in migration-document.ts it is "no queue" as well.
  test('that nothing answers is told once, not as a wrong value, too', async () => {
    using folder = new MigrationFolder({
      'ships.yaml': MINIMAL.replace('redis://localhost', () => '${NOBODY}'),
    });
    expect(await folder.faults()).toEqual([
      'ships.yaml:4:8 the environment has no NOBODY; set it, or write it into a .env file beside the migration file',
    ]);
  });

  // Mutation: a pattern that only knows well-formed names leaves `${TABLE:-x}` in the value, unseen.
  test.each(['${TABLE:-x}', '${MY-TABLE}', '${1}', '${}'])(
    'that is none is told: %s',
    async (written) => {
      using folder = new MigrationFolder({
        'ships.yaml': MINIMAL.replace('samples', () => `'${written}'`),
      });
      expect(await folder.faults()).toEqual([
        `ships.yaml:7:10 ${written} is no reference; write \${NAME} with letters, digits and _, or $${written} for the text itself`,
      ]);
    },
  );

  test('in a comment asks for nothing', async () => {
    using folder = new MigrationFolder({ 'ships.yaml': `${MINIMAL}# \${NOWHERE}\n` });
    expect((await folder.load()).spec.name).toBe('ships');
  });

  test('cannot be had from a .env that cannot be read', async () => {
    using folder = new MigrationFolder({ 'ships.yaml': MINIMAL, '.env/x': '' });
    await expect(folder.load()).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: `${folder.path}/.env: is a folder, not a file.`,
      hint: 'Mend it, or remove it and set the variables in the environment.',
    });
  });
});
