import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMigration } from '@drover/config';
import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../registry.ts';
import { pivotSpecSchema } from './spec.ts';

const MINIMAL = `name: ships
pipeline: pivot
queue:
  url: redis://localhost
source:
  connection: postgres://drover@db1/ships
target:
  connection: postgres://drover@db2/ships
`;

const also = (text: string) => `${MINIMAL}${text}\n`;

async function faultsOf(text: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-spec-'));
  try {
    const path = join(folder, 'ships.yaml');
    writeFileSync(path, text);
    const error = await loadMigration(path, loadPipeline).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'FILE_INVALID' });
    return error instanceof Error ? error.message.split('\n') : [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const MINIMAL_VALUE = {
  name: 'ships',
  pipeline: 'pivot',
  queue: { url: 'redis://localhost' },
  source: { connection: 'postgres://drover@db1/ships' },
  target: { connection: 'postgres://drover@db2/ships' },
};
const parsed = (more: object = {}) => pivotSpecSchema.parse({ ...MINIMAL_VALUE, ...more });

describe("a pivot's file", () => {
  test('is complete with a name, a queue, a source and a target', () => {
    expect(parsed()).toMatchObject({
      source: {
        schema: 'tenant',
        table: 'tbl_data_timeseries',
        timeZone: 'UTC',
        columns: { entity: 'ship_id', channel: 'data_channel_id', time: 'created_time' },
      },
      target: { schema: 'tenant', columnType: 'native', index: 'btree', buildIndexes: 'after' },
      ships: 'all',
      groups: [],
      outside: { policy: 'add' },
      chunk: { length: 86_400_000_000n, ships: 'auto', timeLimit: 1_800_000_000n },
      duplicates: 'last',
      mismatch: 'reject',
    });
  });

  test('names one table a ship, and with groups one a ship and group', () => {
    const groups = [{ name: 'engine', channels: { glob: '/engine/**' } }];
    expect(parsed().target.table).toBe('tbl_data_timeseries_{ship}');
    expect(parsed({ groups }).target.table).toBe('tbl_data_timeseries_{ship}_{group}');
  });

  test('takes numbers for names of ships and groups, as they are written', () => {
    const groups = [{ name: 1, channels: { list: ['a'] } }];
    const spec = parsed({ ships: [9_321_483, 'x'], groups, outside: { group: 1 } });
    expect(spec.ships).toEqual(['9321483', 'x']);
    expect(spec.groups[0]?.name).toBe('1');
    expect(spec.outside.group).toBe('1');
  });

  test('takes one pattern as a list of one', () => {
    const groups = [
      { name: 'a', channels: { glob: '/a/*' } },
      { name: 'b', channels: { regex: ['^/b/', '^/c/'] } },
    ];
    expect(parsed({ groups }).groups.map(({ channels }) => channels)).toEqual([
      { glob: ['/a/*'] },
      { regex: ['^/b/', '^/c/'] },
    ]);
  });
});

const GROUP = '\n  - name: a\n    channels:';
const TWICE =
  'groups:\n  - name: a\n    channels: { glob: x }\n  - name: a\n    channels: { glob: y }';

/** What a file has besides the minimum, and how each line begins that is said of it. */
const BAD: readonly (readonly [what: string, file: string, ...said: string[]])[] = [
  [
    'a group name twice',
    also(TWICE),
    '12:5 groups[1].name names group "a" a second time; give each',
  ],
  [
    'a group outside that is none',
    also('outside: { group: b }'),
    '9:12 outside.group names group "b", which is not among the groups',
  ],
  [
    'a table without {ship}',
    MINIMAL.replace('target:', 'target:\n  table: all'),
    '8:3 target.table needs {ship}',
  ],
  [
    'several groups that would share a table',
    also(TWICE.replace('name: a', 'name: b')).replace('target:', "target:\n  table: 't_{ship}'"),
    '8:3 target.table needs {group}',
  ],
  [
    'no form of channels',
    also(`groups:${GROUP} { globs: x }`),
    '11:5 groups[0].channels needs one setting; write exactly one of file, list, glob, regex',
  ],
  [
    'two forms of channels',
    also(`groups:${GROUP} { glob: x, regex: y }`),
    '11:5 groups[0].channels has glob and regex; keep exactly one of them',
  ],
  [
    'channels as text',
    also(`groups:${GROUP} all`),
    '11:5 groups[0].channels is text; it should be: Exactly one of file, list, glob, regex',
  ],
  [
    'an empty list of channels',
    also(`groups:${GROUP} { list: [] }`),
    '11:17 groups[0].channels.list is empty; give it a value',
  ],
  [
    'a glob that is a number',
    also(`groups:${GROUP} { glob: 5 }`),
    '11:17 groups[0].channels.glob is a number; it should be: Patterns',
  ],
  [
    'a list file that is not there',
    also(`groups:${GROUP} { file: nowhere.txt }`),
    '11:23 the list nowhere.txt is not there; give the right path',
  ],
  [
    'a group without channels',
    also('groups:\n  - name: a'),
    '10:5 groups[0].channels is missing; add it (Exactly one of file, list, glob, regex)',
  ],
  [
    'a regular expression that is none',
    also(`groups:${GROUP} { regex: ['^/a/', '('] }`),
    '11:17 groups[0].channels.regex is no regular expression; write one of JavaScript',
  ],
  ['a ship alone', also('ships: A'), '9:1 ships is text'],
  [
    'a chunk of no length',
    also('chunk: { length: 0h }'),
    '9:10 chunk.length is no length of time; write for example 24h, 90m or 1d12h',
  ],
  [
    'an index of another kind',
    also('').replace('target:', 'target:\n  index: gin'),
    '8:3 target.index is none of the possible values; write one of btree, brin',
  ],
  ['no target', MINIMAL.replace(/target:.*/s, ''), '1:1 target is missing; add it'],
  [
    'a cutoff in words',
    also('cutoff: noon'),
    '9:1 cutoff is no moment; write for example 2026-01-31, 2026-01-31 08:15:00 or now-1h',
  ],
  [
    'a setting of a column that is none',
    MINIMAL.replace('source:', 'source:\n  columns: { ship: id }'),
    '6:14 source.columns.ship is not a setting; remove it, or write one of entity, channel, time, format, values, order',
  ],
  [
    'another pipeline',
    MINIMAL.replace('pivot', 'pivto'),
    '2:1 pipeline is not known: There is no pipeline "pivto". Write one of ',
  ],
];

describe("a bad pivot's file", () => {
  // Mutation: without `twice` in spec.ts the second group of a name is silently empty.
  test.each(BAD)('with %s names line and reason', async (_, text, ...said) => {
    const lines = await faultsOf(text);
    expect(lines).toHaveLength(said.length);
    for (const [index, line] of said.entries())
      expect(lines[index]).toContain(`ships.yaml:${line}`);
  });
});
