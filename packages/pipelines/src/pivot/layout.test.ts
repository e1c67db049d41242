import { DroverError } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { columnNameFault, Layout } from './layout.ts';
import { pivotSpecSchema } from './spec.ts';
import { HOSTILE_CHANNELS } from './testing/torture.ts';

function layoutOf(spec: object, lists: readonly (readonly [string, string])[] = []): Layout {
  const connection = 'postgres://nobody@127.0.0.1:1/none';
  const parsed = pivotSpecSchema.parse({
    name: 'test',
    pipeline: 'pivot',
    queue: { url: 'redis://127.0.0.1:1' },
    source: { connection },
    target: { connection },
    ...spec,
  });
  return new Layout(parsed, new Map(lists));
}

/** Names of the groups that channels go to, or what else becomes of them. */
const homes = (layout: Layout, channels: readonly string[]) =>
  channels.map((channel) => {
    const home = layout.home(channel);
    return home.kind === 'group' ? layout.groups[home.group]?.name : home.kind;
  });

const group = (name: string, channels: object) => ({ name, channels });

describe('a channel goes to', () => {
  test('the one table where there are no groups', () => {
    const layout = layoutOf({});
    expect(new Set(homes(layout, HOSTILE_CHANNELS))).toEqual(new Set(['']));
    expect(layout.tableName('A', 0)).toBe('tbl_data_timeseries_A');
  });

  // Mutation: with patterns asked before lists in `#find` of layout.ts this fails.
  test('the group that lists it, before any whose pattern matches, then the first that matches', () => {
    const layout = layoutOf({
      groups: [
        group('wide', { glob: '/a/**' }),
        group('list', { list: ['/a/listed'] }),
        group('late', { glob: '/a/*' }),
      ],
      outside: { policy: 'reject' },
    });
    expect(homes(layout, ['/a/listed', '/a/x', '/b', '/a/x'])).toEqual([
      'list',
      'wide',
      'rejected',
      'wide',
    ]);
  });

  test('the group whose file has it, to the letter, with any ends of line', () => {
    const lists = [['one.txt', ' /a \r\n/b\n\n/c'] as const, ['two.txt', '/a\n'] as const];
    const layout = layoutOf(
      {
        groups: [group('1', { file: 'one.txt' }), group('2', { file: 'two.txt' })],
        outside: { policy: 'ignore' },
      },
      lists,
    );
    expect(homes(layout, [' /a ', '/a', '/b', '/c', ''])).toEqual(['1', '2', '1', '1', 'rejected']);
    expect(homes(layout, ['/d'])).toEqual(['ignored']);
  });

  test('the last group, or that which outside names, where no group has it', () => {
    const groups = [group('1', { list: ['/a'] }), group('2', { list: ['/b'] })];
    expect(homes(layoutOf({ groups }), ['/x'])).toEqual(['2']);
    expect(homes(layoutOf({ groups, outside: { group: 1 } }), ['/x'])).toEqual(['1']);
  });

  test('groups by globs: a star stays within a segment, two cross them, a question mark is one sign', () => {
    const match = (glob: string, channel: string) =>
      homes(layoutOf({ groups: [group('1', { glob })], outside: { policy: 'ignore' } }), [
        channel,
      ])[0] === '1';
    expect(match('/a/*', '/a/b')).toBe(true);
    expect(match('/a/*', '/a/b/c')).toBe(false);
    expect(match('/a/*', '/a/')).toBe(true);
    expect(match('/a/**', '/a/b/c\nd')).toBe(true);
    expect(match('/?', '/🚢')).toBe(true);
    expect(match('/?', '//')).toBe(false);
    expect(match('a.b+(c)[d]{e}^$|', 'a.b+(c)[d]{e}^$|')).toBe(true);
    expect(match('a.b', 'axb')).toBe(false);
    expect(match('b', 'abc')).toBe(false);
  });

  test('groups by regular expressions, which match anywhere', () => {
    const layout = layoutOf({
      groups: [group('1', { regex: ['gas', '^/x'] })],
      outside: { policy: 'ignore' },
    });
    expect(homes(layout, ['/me/gas/in', '/x/y', '/y/x'])).toEqual(['1', '1', 'ignored']);
  });
});

describe('a file is refused', () => {
  test('that lists a channel in two groups, has no such list, or no regular expression', () => {
    const twice = [group('1', { list: ['/a'] }), group('2', { list: ['/a'] })];
    expect(() => layoutOf({ groups: twice })).toThrow('listed in group 1 and in group 2');
    expect(() => layoutOf({ groups: [group('1', { file: 'absent.txt' })] })).toThrow(DroverError);
    expect(() => layoutOf({ groups: [group('1', { regex: '(' })] })).toThrow(
      'is no regular expression',
    );
  });
});

describe('a channel id', () => {
  test('can be a column though it is hostile', () => {
    expect(HOSTILE_CHANNELS.map((channel) => columnNameFault(channel, 'created_time'))).toEqual(
      HOSTILE_CHANNELS.map(() => null),
    );
  });

  test('cannot where Postgres has the name itself, cuts it off, or has nothing to call it by', () => {
    for (const name of ['', 'ctid', 'xmin', 'at', 'x'.repeat(64), 'é'.repeat(32)]) {
      expect(columnNameFault(name, 'at')).toBeTypeOf('string');
      expect(
        homes(layoutOf({ source: { connection: 'postgres://x@y/z', columns: { time: 'at' } } }), [
          name,
        ]),
      ).toEqual(['rejected']);
    }
  });
});

test('the name of a table takes ship and group as they are, even if they look like places', () => {
  const layout = layoutOf({
    target: { connection: 'postgres://x@y/z', table: '{group}_{ship}_{ship}$&' },
    groups: [group('{ship}', { list: ['/a'] }), group('$1', { list: ['/b'] })],
  });
  expect(layout.tableName('{group}', 0)).toBe('{ship}_{group}_{group}$&');
  expect(layout.tableName('$&', 1)).toBe('$1_$&_$&$&');
});
