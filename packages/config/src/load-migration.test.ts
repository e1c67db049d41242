import { afterEach, describe, expect, test, vi } from 'vitest';
import { faultsOf, MINIMAL, MigrationFolder } from './testing/migration-folder.ts';

const WITH_LISTS = `${MINIMAL}channels:
  - file: one.txt
  - list: [c]
  - file: lists/two.txt
`;

const good = () =>
  new MigrationFolder({ 'ships.yaml': WITH_LISTS, 'one.txt': 'a\nb\n', 'lists/two.txt': 'd\n' });

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a good migration file', () => {
  test('is read with its defaults, and kept as written', async () => {
    using folder = good();
    const loaded = await folder.load();
    expect(loaded.definition.kind).toBe('pivot');
    expect(loaded.text).toBe(WITH_LISTS);
    expect(loaded.spec).toMatchObject({ name: 'ships', queue: { prefix: 'drover' } });
    expect(loaded.path).toMatch(/ships\.yaml$/);
  });

  test('brings the contents of its lists, in its order, from the folder it lies in', async () => {
    using folder = good();
    expect([...(await folder.load()).lists]).toEqual([
      ['one.txt', 'a\nb\n'],
      ['lists/two.txt', 'd\n'],
    ]);
  });

  // Mutation: `bytes.toString('utf8')` in read-text.ts keeps the mark: the first channel is another.
  test('has lists without the byte order mark that Windows puts first', async () => {
    using folder = good();
    folder.write('one.txt', '\uFEFFa\n');
    expect((await folder.load()).lists.get('one.txt')).toBe('a\n');
  });
});

describe('a list', () => {
  test('that is not there is told at its place, and so is the next', async () => {
    using folder = new MigrationFolder({ 'ships.yaml': WITH_LISTS });
    expect(await folder.faults()).toEqual([
      'ships.yaml:9:11 the list one.txt is not there; give the right path',
      'ships.yaml:11:11 the list lists/two.txt is not there; give the right path',
    ]);
  });

  // Mutation: `bytes.toString('utf8')` in read-text.ts makes another channel of it, silently.
  test('that is not UTF-8 is refused', async () => {
    using folder = good();
    folder.write('one.txt', Uint8Array.of(0x61, 0xe4, 0x0a));
    expect(await folder.faults()).toEqual([
      'ships.yaml:9:11 the list one.txt is not UTF-8 text; save it as UTF-8',
    ]);
  });
});

describe('a migration file that cannot be read', () => {
  test.each([
    ['is not there', 'other.yaml', 'is not there', 'Give the right path.'],
    ['is a folder', 'folder', 'is a folder, not a file', 'Give the right path.'],
    [
      'lies under a file',
      'a.txt/ships.yaml',
      'is not there: part of its path is a file',
      'Give the right path.',
    ],
    ['is not UTF-8', 'latin.yaml', 'is not UTF-8 text', 'Save it as UTF-8.'],
  ])('because it %s is named with what to do', async (_, name, reason, hint) => {
    using folder = new MigrationFolder({
      'folder/x': '',
      'a.txt': '',
      'latin.yaml': Uint8Array.of(0xe4),
    });
    const error: unknown = await folder.load(name).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'FILE_INVALID',
      message: `The migration file ${folder.path}/${name} ${reason}.`,
      hint,
    });
    expect(error).toHaveProperty('cause');
  });
});

describe('the hash of a migration', () => {
  const changes: readonly (readonly [string, (folder: MigrationFolder) => void])[] = [
    ['the file', (folder) => folder.write('ships.yaml', `${WITH_LISTS}# x\n`)],
    ['a list', (folder) => folder.write('one.txt', 'a\nb\nc\n')],
    ['another list', (folder) => folder.write('lists/two.txt', 'e\n')],
    [
      'what is in which list',
      (folder) => {
        folder.write('one.txt', 'd\n');
        folder.write('lists/two.txt', 'a\nb\n');
      },
    ],
  ];

  // Mutation: `hashOf` in load-migration.ts over the text alone lets a worker with other lists work.
  test.each(changes)('changes with %s', async (_, change) => {
    using folder = good();
    const before = (await folder.load()).hash;
    change(folder);
    const after = (await folder.load()).hash;
    expect(after).not.toBe(before);
    expect(after).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is the same in another folder, and with files beside that it does not name', async () => {
    using one = good();
    using other = good();
    other.write('three.txt', 'x');
    expect((await other.load()).hash).toBe((await one.load()).hash);
  });

  // Mutation: hashing the resolved values makes workers with other passwords defer for ever.
  test('does not change with the environment', async () => {
    const text = MINIMAL.replace('drover@', 'drover:${PW}@');
    using folder = new MigrationFolder({ 'ships.yaml': text, '.env': 'PW=one\n' });
    const before = await folder.load();
    folder.write('.env', 'PW=two\n');
    const withOther = await folder.load();
    vi.stubEnv('PW', 'three');
    const withShell = await folder.load();
    expect([withOther.hash, withShell.hash]).toEqual([before.hash, before.hash]);
    expect(withShell.spec).not.toEqual(before.spec);
    expect(withShell.text).toBe(text);
  });
});

test('an alias that is used without end is refused, not followed', async () => {
  const bomb = Array.from(
    { length: 12 },
    (_, level) =>
      `l${level}: &l${level} [${Array(10)
        .fill(level === 0 ? 'x' : `*l${level - 1}`)
        .join(', ')}]`,
  );
  expect(await faultsOf(`${MINIMAL}${bomb.join('\n')}\n`)).toEqual([
    'ships.yaml:1:1 aliases (*name) cannot be resolved; write their values out',
  ]);
});
