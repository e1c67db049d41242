import type { Finding } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import { type CheckFixture, checkFixture, type SpecInput, TABLE } from './testing/check-fixture.ts';

const server = inject('postgresUrl');
const WIDTHS = ['too-many-columns', 'row-too-wide'];

const widths = (findings: readonly Finding[]) =>
  findings.filter((one) => WIDTHS.includes(one.rule));

/** Channels `/000001` and on of one ship, all with the same value. */
async function addChannels(
  fixture: CheckFixture,
  of: { ship: string; from: number; to: number; value: string; time?: string },
): Promise<void> {
  await fixture.sql.query(
    `insert into ${TABLE} (ship_id, data_channel_id, created_time, value_format, str_v)
     select $1, '/' || lpad(n::text, 6, '0'), $2, 'String', $3 from generate_series($4::int, $5) n`,
    [of.ship, of.time ?? '2026-01-01 00:00:00', of.value, of.from, of.to],
  );
  await fixture.sql.query(`analyze ${TABLE}`);
}

/** The grouping that a fix prints, as the file would have it: cut from the channels by first and last. */
function printedGroups(fix: string, channels: readonly string[]) {
  return [...fix.matchAll(/(\w+) (\d+) \((\S+) to (\S+)\)/g)].map(
    ([, name = '', count, first = '', last = '']) => {
      const list = channels.slice(channels.indexOf(first), channels.indexOf(last) + 1);
      expect(list).toHaveLength(Number(count));
      return { name, channels: { list } };
    },
  );
}

async function channelsOf(fixture: CheckFixture): Promise<string[]> {
  const rows = await fixture.sql.query(
    `select data_channel_id as id from ${TABLE} group by data_channel_id order by data_channel_id collate "C"`,
  );
  return rows.map((row) => row['id'] ?? '');
}

/** Does what the fix says: its groups, then again, until it has nothing to say. */
async function regroup(fixture: CheckFixture, spec: SpecInput = {}) {
  const [finding] = widths(await fixture.check(spec));
  const channels = await channelsOf(fixture);
  const groups = printedGroups(finding?.fix ?? '', channels);
  expect(groups.flatMap((group) => group.channels.list)).toEqual(channels);
  for (const { name } of groups) {
    expect(finding?.fix).toContain(`{ name: ${name}, channels: { file: channels/${name}.txt } }`);
  }
  const after = await fixture.check({ ...spec, groups });
  return { finding, groups, after };
}

describe('a layout that Postgres cannot have', () => {
  // Mutation: without the limit in `fits` (row-width.ts) the printed grouping is one group of 1,601.
  test('for its 1,601 channels is an error, and the grouping that is printed fits', async () => {
    await using fixture = await checkFixture(server);
    await addChannels(fixture, { ship: 'A', from: 1, to: 1601, value: '' });
    const { finding, groups, after } = await regroup(fixture);
    expect(finding).toMatchObject({
      level: 'error',
      rule: 'too-many-columns',
      subject: 'the table',
      reason:
        '1601 channels; a Postgres table has at most 1600 columns, and one of them is the time',
    });
    expect(groups.map((group) => group.channels.list.length)).toEqual([1599, 2]);
    expect(widths(after)).toEqual([]);
  });

  test('is one only with the 1,600th channel, because time is a column too', async () => {
    await using fixture = await checkFixture(server);
    await addChannels(fixture, { ship: 'A', from: 1, to: 1599, value: '' });
    expect(widths(await fixture.check())).toEqual([]);
    await addChannels(fixture, { ship: 'A', from: 1600, to: 1600, value: '' });
    expect(widths(await fixture.check())).toMatchObject([{ rule: 'too-many-columns' }]);
  });

  // Mutation: with the sample's channels only in `columnsByShip` the old ones are not counted.
  test('for channels that have no row among the newest is found too', async () => {
    await using fixture = await checkFixture(server);
    await addChannels(fixture, { ship: 'A', from: 1, to: 900, value: '' });
    const time = '2020-01-01 00:00:00';
    await addChannels(fixture, { ship: 'A', from: 901, to: 1700, value: '', time });
    const { finding, after } = await regroup(fixture);
    expect(finding?.rule).toBe('too-many-columns');
    expect(widths(after)).toEqual([]);
  });

  test('for its width is an error, and the grouping that is printed fits and is that of --schema-only', async () => {
    await using fixture = await checkFixture(server);
    await addChannels(fixture, { ship: 'A', from: 1, to: 1000, value: 'x'.repeat(17) });
    const { finding, groups, after } = await regroup(fixture);
    expect(finding).toMatchObject({
      level: 'error',
      rule: 'row-too-wide',
      subject: 'the table',
      reason:
        'a row of 1000 columns takes 18160 bytes; a page holds 8160, and more than 7344 is refused',
      fix: expect.stringMatching(
        /^Divide it into 3 groups, in order of channel id: channels_1 \d+ \(\/000001 to /,
      ) as string,
    });
    expect(widths(after)).toEqual([]);
    const lists = await fixture.lists();
    expect(lists.map(({ name, names }) => ({ name, channels: { list: names } }))).toEqual(groups);
  });

  // Mutation: with the channels of the widest ship only, those that just another has are in no group.
  test('is divided into groups that fit each ship and have the channels of all', async () => {
    await using fixture = await checkFixture(server);
    await addChannels(fixture, { ship: 'A', from: 1, to: 500, value: 'x'.repeat(18) });
    await addChannels(fixture, { ship: 'B', from: 300, to: 900, value: 'x'.repeat(15) });
    const { groups, after } = await regroup(fixture);
    expect(groups.length).toBeGreaterThan(1);
    expect(widths(after)).toEqual([]);
    const lists = await fixture.lists();
    expect(lists.map(({ names }) => names)).toEqual(groups.map((group) => group.channels.list));
  });

  test('of a group is divided in its place, and native types are offered where they would do', async () => {
    await using fixture = await checkFixture(server);
    await fixture.sql.query(
      `insert into ${TABLE} (ship_id, data_channel_id, created_time, value_format, double_v)
       select 'A', '/n' || lpad(n::text, 6, '0'), '2026-01-01', 'Decimal', 12345678.1234567 from generate_series(1, 700) n`,
    );
    await fixture.sql.query(`analyze ${TABLE}`);
    const spec = {
      target: { columnType: 'text' },
      groups: [
        { name: 'engine', channels: { glob: '/n**' } },
        { name: 'rest', channels: { glob: '/other' } },
      ],
    };
    const [finding] = widths(await fixture.check(spec));
    expect(finding).toMatchObject({ rule: 'row-too-wide', subject: 'group engine' });
    expect(finding?.fix).toContain('in place of engine: groups: [{ name: engine_1,');
    expect(finding?.fix).toMatch(/\. Or set target\.columnType: native$/);
    const native = { ...spec, target: { columnType: 'native' } };
    expect(widths(await fixture.check(native))).toEqual([]);
    const groups = printedGroups(finding?.fix ?? '', await channelsOf(fixture));
    expect(groups.map((group) => group.name)).toEqual(['engine_1', 'engine_2']);
    expect(widths(await fixture.check({ ...spec, groups }))).toEqual([]);
  });

  test('even with native types is not said to be mended by them', async () => {
    await using fixture = await checkFixture(server);
    await addChannels(fixture, { ship: 'A', from: 1, to: 1000, value: 'x'.repeat(17) });
    const [finding] = widths(await fixture.check({ target: { columnType: 'text' } }));
    expect(finding?.reason).toContain('a row of 1000 text columns');
    expect(finding?.fix).not.toContain('columnType');
  });
});
