import { describe, expect, test } from 'vitest';
import { faultsOf, MigrationFolder } from './testing/migration-folder.ts';

const GOOD = {
  name: 'ships',
  pipeline: 'pivot',
  queue: { url: 'redis://localhost' },
  source: { connection: 'postgres://drover@db1/ships', table: 'samples' },
};

const written = (value: unknown, indent: string | number = 2) =>
  JSON.stringify(value, null, indent);
const also = (more: object) => written({ ...GOOD, ...more });

/** A file, and the lines that are said of it. */
const BAD: readonly (readonly [what: string, file: string, ...said: string[]])[] = [
  [
    'an unknown key',
    also({ queue: { url: 'redis://localhost', host: 1 } }),
    '6:5 queue.host is not a setting; remove it, or write one of url, prefix',
  ],
  [
    'a missing key',
    also({ source: { connection: 'postgres://db1/ships' } }),
    '7:3 source.table is missing; add it (What to read)',
  ],
  [
    'null',
    also({ source: { connection: null, table: 'a' } }),
    '8:5 source.connection is empty; give it a value (One URI such as postgres://user:${PASSWORD}@host:5432/database, or its parts)',
  ],
  [
    'a wrong type',
    also({ strict: 'true' }),
    '11:3 strict is text, but should be true or false; write true or false, without quotes',
  ],
  [
    'a wrong value',
    also({ index: 'gin' }),
    '11:3 index is none of the possible values; write one of btree, brin',
  ],
  [
    'a bad duration',
    also({ length: '1 day' }),
    '11:3 length is no length of time; write for example 24h, 90m or 1d12h',
  ],
  [
    'a bad connection',
    also({ source: { connection: 'db1', table: 'a' } }),
    '8:5 source.connection is no URI; write for example postgres://user@host:5432/database',
  ],
  [
    'two errors',
    also({ name: 'Ships', parallel: 9 }),
    '2:3 name is no name; write lower-case letters, digits, - and _, at most 63',
    '11:3 parallel is too big; write at most 8',
  ],
  [
    'a comma left out',
    '{\n  "name": "ships"\n  "pipeline": "pivot"\n}',
    '3:3 a comma is missing before this; add it',
  ],
  [
    'a brace left out',
    '{\n  "name": "ships"\n',
    '3:1 a { or [ above is not closed; close it with } or ] before this place',
  ],
  [
    'a quote left out',
    '{\n  "name": "ships\n}',
    '3:2 a quote above is not closed; add the closing quote',
  ],
  [
    'a key twice',
    '{\n  "name": "ships",\n  "name": "other"\n}',
    '3:3 this key stands here a second time; keep one of the two',
  ],
  ['nothing', '', '1:1 the file is empty; begin with name: and pipeline: pivot'],
];

describe('a bad JSON file names line, reason and fix', () => {
  test.each(BAD)('%s', async (_, text, ...said) => {
    const lines = await faultsOf(text, 'ships.json');
    expect(lines).toEqual(expect.arrayContaining(said.map((line) => `ships.json:${line}`)));
    expect(lines[0]).toBe(`ships.json:${said[0]}`);
    for (const line of lines) expect(line).toMatch(/^ships\.json:[1-9]\d*:[1-9]\d* \S.*; .+/);
  });
});

test.each([2, 0, '\t'])('a good JSON file is read, indented with %j', async (indent) => {
  using folder = new MigrationFolder({ 'ships.json': written(GOOD, indent) });
  expect((await folder.load('ships.json')).spec).toMatchObject(GOOD);
});
