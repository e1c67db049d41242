import { describe, expect, test } from 'vitest';
import { faultsOf, MINIMAL, MigrationFolder } from './testing/migration-folder.ts';

/** The minimal file with one piece of it written otherwise. */
function having(written: string, instead: string): string {
  expect(MINIMAL).toContain(written);
  return MINIMAL.replace(written, instead);
}

const also = (text: string) => `${MINIMAL}${text}\n`;

const CONNECTION_FORM =
  'One URI such as postgres://user:${PASSWORD}@host:5432/database, or its parts';

/** A file, and the lines that are said of it. */
const BAD: readonly (readonly [what: string, file: string, ...said: string[]])[] = [
  [
    'an unknown key',
    also('ship: all'),
    '8:1 ship is not a setting; remove it, or write one of name, queue, rejects, attempts, throttle, statistics, pipeline, source, index, parallel, strict, ships, channels, length, from, label',
  ],
  [
    'an unknown key further in',
    having('  url:', '  host: x\n  url:'),
    '4:3 queue.host is not a setting; remove it, or write one of url, prefix',
  ],
  [
    'a missing key',
    having('  table: samples\n', ''),
    '5:1 source.table is missing; add it (What to read)',
  ],
  [
    'a missing group',
    having('queue:\n  url: redis://localhost\n', ''),
    '1:1 queue is missing; add it (What carries the chunks to the workers)',
  ],
  [
    'a key without a value',
    having('samples', ''),
    '7:3 source.table is empty; give it a value (What to read)',
  ],
  ['an empty text', having('samples', "''"), '7:3 source.table is empty; give it a value'],
  [
    'a number for a text',
    having('samples', '7'),
    '7:3 source.table is a number, but should be text; put the value into quotes, or write text',
  ],
  [
    'a text for a number',
    also('parallel: many'),
    '8:1 parallel is text, but should be a number; write digits, without quotes',
  ],
  [
    'half a number',
    also('parallel: 1.5'),
    '8:1 parallel is a number, but should be a whole number; write digits only',
  ],
  ['too small a number', also('parallel: 0'), '8:1 parallel is too small; write at least 1'],
  ['too big a number', also('parallel: 9'), '8:1 parallel is too big; write at most 8'],
  [
    'yes for true',
    also('strict: yes'),
    '8:1 strict is text, but should be true or false; write true or false, without quotes',
  ],
  [
    'a text for a group',
    having('queue:\n  url: redis://localhost', 'queue: redis://localhost'),
    '3:1 queue is text, but should be a group of settings; write its settings below it, indented',
  ],
  [
    'a text for a list',
    also('channels: all'),
    '8:1 channels is text, but should be a list; write it as [a, b], or each on a line of its own after a -',
  ],
  [
    'a value that is none of a choice',
    also('index: gin'),
    '8:1 index is none of the possible values; write one of btree, brin',
  ],
  ['neither of two forms', also('ships: some'), '8:1 ships is text; write all or a list'],
  [
    'an empty list',
    also('channels:\n  - list: []'),
    '9:5 channels[0].list is empty; give it a value',
  ],
  [
    'none of the settings to choose from',
    also('channels:\n  - globs: a'),
    '9:5 channels[0] needs one setting; write exactly one of file, list',
  ],
  [
    'two of the settings to choose from',
    also('channels:\n  - { file: a, list: [b] }'),
    '9:5 channels[0] has file and list; keep exactly one of them',
  ],
  [
    'a fault within the setting chosen',
    also('channels:\n  - list: 5'),
    '9:5 channels[0].list is a number, but should be a list; write it as [a, b], or each on a line of its own after a -',
  ],
  [
    'no length of time',
    also('length: 24 hours'),
    '8:1 length is no length of time; write for example 24h, 90m or 1d12h',
  ],
  [
    'a length of time without a unit',
    also('length: 24'),
    '8:1 length is no length of time; write for example 24h, 90m or 1d12h',
  ],
  [
    'no moment',
    also('from: yesterday'),
    '8:1 from is no moment; write for example 2026-01-31, 2026-01-31 08:15:00 or now-1h',
  ],
  [
    'no URI',
    having('postgres://drover@db1', 'db1'),
    '6:3 source.connection is no URI; write for example postgres://user@host:5432/database',
  ],
  [
    'a number for a connection',
    having('postgres://drover@db1/ships', '7'),
    `6:3 source.connection is a number; it should be: ${CONNECTION_FORM}`,
  ],
  [
    'an empty connection',
    having('postgres://drover@db1/ships', ''),
    `6:3 source.connection is empty; give it a value (${CONNECTION_FORM})`,
  ],
  [
    'parts of a connection that lack one',
    having('postgres://drover@db1/ships', '{ host: db1, user: drover }'),
    '6:3 source.connection.database is missing; add it (Database on that server)',
  ],
  [
    'a port in words',
    having('postgres://drover@db1/ships', '{ host: h, user: u, database: d, port: five }'),
    '6:48 source.connection.port is no number; write digits only',
  ],
  [
    'no queue',
    having('redis://', 'http://'),
    '4:3 queue.url is no queue; write redis://, rediss:// or postgres:// and the rest',
  ],
  [
    'a name of other letters',
    having('name: ships', 'name: Ships'),
    '1:1 name is no name; write lower-case letters, digits, - and _, at most 63',
  ],
  [
    'an unknown pipeline',
    having('pivot', 'pivto'),
    '2:1 pipeline is not known: There is no pipeline "pivto". Write pivot.',
  ],
  [
    'no pipeline',
    having('pipeline: pivot\n', ''),
    '1:1 pipeline is missing; write for example pipeline: pivot',
  ],
  [
    'a pipeline that is no word',
    having('pivot', '[pivot]'),
    '2:1 pipeline should be a word; write for example pipeline: pivot',
  ],
  ['nothing', '', '1:1 the file is empty; begin with name: and pipeline: pivot'],
  [
    'a comment only',
    '# to be written\n',
    '1:1 the file is empty; begin with name: and pipeline: pivot',
  ],
  [
    'a text only',
    'ships',
    '1:1 the file should be a group of settings; begin with name: and pipeline: pivot',
  ],
  [
    'a list only',
    '- ships',
    '1:1 the file should be a group of settings; begin with name: and pipeline: pivot',
  ],
  [
    'a number that is not kept as written',
    also('ships: [1.10]'),
    '8:9 1.10 is read as the number 1.1; write it so, or in quotes where it is a name',
  ],
  [
    'a number too long to be kept',
    also('ships: [12345678901234567890]'),
    '8:9 12345678901234567890 is read as the number 12345678901234567000; write it so, or in quotes where it is a name',
  ],
  [
    'an alias of nothing',
    also('label: *nothing'),
    '8:8 nothing before it is marked &nothing; write the value out, or put it into quotes',
  ],
  // Two errors in one file are both told, in the order of the file.
  [
    'two errors',
    having('samples', '7').replace('ships', 'Ships'),
    '1:1 name is no name; write lower-case letters, digits, - and _, at most 63',
    '7:3 source.table is a number, but should be text; put the value into quotes, or write text',
  ],
  [
    'errors of every sort',
    also('label: ${NOWHERE}\nlength: soon\nindx: brin').replace('redis', 'http'),
    '4:3 queue.url is no queue; write redis://, rediss:// or postgres:// and the rest',
    '8:8 the environment has no NOWHERE; set it, or write it into a .env file beside the migration file',
    '9:1 length is no length of time; write for example 24h, 90m or 1d12h',
    '10:1 indx is not a setting; remove it, or write one of name, queue, rejects, attempts, throttle, statistics, pipeline, source, index, parallel, strict, ships, channels, length, from, label',
  ],
  // Syntax.
  ['a tab', having('  url', '\turl'), '4:1 a tab indents this line; indent with blanks'],
  [
    'a key twice',
    also('name: other'),
    '8:1 this key stands here a second time; keep one of the two',
  ],
  [
    'a bracket left open',
    also('ships: [a'),
    '9:1 a { or [ above is not closed; close it with } or ] before this place',
  ],
  [
    'a quote left open',
    also('label: "fine'),
    '9:1 a quote above is not closed; add the closing quote',
  ],
  ['a colon left out', also('label'), '8:1 a colon is missing after this; write it as key: value'],
  [
    'a colon too many',
    also('label: a: b'),
    '8:8 a second colon or a list stands where one value is expected; put the value into quotes, or begin a new line',
  ],
  [
    'a value that begins with @',
    also('label: @x'),
    '8:8 a value cannot begin with this character; put the value into quotes',
  ],
  [
    'a tag that nobody knows',
    also('label: !env X'),
    '8:8 the tag (!name) is not known; remove it, or put the value into quotes',
  ],
  [
    'a second document',
    also('---\nname: other'),
    '8:1 a second document begins here (---); write one migration a file',
  ],
];

describe('a bad YAML file names line, reason and fix', () => {
  // Mutation: `#startOf` in migration-document.ts without its look at the keys puts most lines elsewhere.
  test.each(BAD)('%s', async (_, text, ...said) => {
    expect(await faultsOf(text)).toEqual(said.map((line) => `ships.yaml:${line}`));
  });

  test('in a form that editors and people can follow', async () => {
    for (const [, text] of BAD) {
      for (const line of await faultsOf(text)) {
        expect(line).toMatch(/^ships\.yaml:[1-9]\d*:[1-9]\d* \S.*(; |: There is).+/);
        // Words of the libraries that nobody should have to know.
        expect(line).not.toMatch(/undefined|NaN|invalid|expected (string|object)|flow|scalar/i);
      }
    }
  });

  test('when it is saved on Windows, too', async () => {
    const text = `\uFEFF${MINIMAL}label: no\n`.replaceAll('\n', '\r\n');
    expect(await faultsOf(text)).toEqual(['ships.yaml:8:1 label "no" is not fine; mend it']);
  });

  test('and a pipeline that breaks while loading is no fault of the file', async () => {
    using folder = new MigrationFolder({ 'ships.yaml': having('pivot', 'broken') });
    await expect(folder.load()).rejects.toThrow(TypeError);
  });
});
