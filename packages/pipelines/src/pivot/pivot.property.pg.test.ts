import {
  insertNarrowRows,
  type NarrowRow,
  narrowRow,
  plainPivot,
  readWideTables,
} from '@drover/testkit';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { asChunk, pivotFixture } from './testing/pivot-fixture.ts';
import { HOSTILE_CHANNELS, HOSTILE_TEXTS, NUMBERS } from './testing/torture.ts';

const server = inject('postgresUrl');

const text = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS.filter((one) => one.length < 100)),
  fc.string({ unit: 'grapheme' }).map((one) => one.replaceAll('\0', '')),
  fc.string({
    unit: fc.constantFrom('\x01', '\x1b', '\\', '\t', '\n', 'N', 'S', 'E', 'A', 'n', 'x'),
  }),
);
const value = fc.oneof(
  text.map((one) => ['String', one] as const),
  fc.constantFrom(...NUMBERS.Decimal).map((one) => ['Decimal', one] as const),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((one) => ['Integer', String(one)] as const),
  fc.constantFrom('true', 'false').map((one) => ['Boolean', one] as const),
  fc.constantFrom('String', 'Decimal', 'Integer', 'Boolean').map((one) => [one, null] as const),
);
const minute = fc
  .integer({ min: 0, max: 90 })
  .map((at) => new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString().slice(0, 19).replace('T', ' '));
const row = fc
  .record({
    ship: fc.constantFrom('A', 'B', "C'\\\x01"),
    channel: fc.oneof(fc.constantFrom(...HOSTILE_CHANNELS), fc.constantFrom('/a', '/b', '/c')),
    time: minute,
    value,
  })
  .map(({ value: [format, content], ...at }): NarrowRow => narrowRow(at, format, content));
const rows = fc.uniqueArray(row, {
  minLength: 1,
  maxLength: 120,
  selector: (one) => JSON.stringify([one.ship, one.channel, one.time]),
});
const layout = fc.record({
  length: fc.constantFrom('7m', '30m', '24h'),
  ships: fc.constantFrom('together', 'apart'),
  columnType: fc.constantFrom('text'),
  grouped: fc.boolean(),
});

const GROUPS = [
  { name: 'g1', channels: { list: HOSTILE_CHANNELS.slice(0, 10) } },
  { name: 'g2', channels: { glob: '**' } },
];
const groupOf = (channel: string) =>
  HOSTILE_CHANNELS.slice(0, 10).includes(channel) ? 'g1' : 'g2';

test('any narrow data set comes out as a plain pivot in memory has it, and is verified', async () => {
  await fc.assert(
    fc.asyncProperty(rows, layout, async (data, { length, ships, columnType, grouped }) => {
      await using fixture = await pivotFixture(server, {
        chunk: { length, ships },
        target: { columnType },
        groups: grouped ? GROUPS : [],
      });
      const { sql } = fixture.database;
      await insertNarrowRows(sql, data);
      const gate = await fixture.run();
      const table = (ship: string, channel: string) =>
        `tbl_data_timeseries_${ship}${grouped ? `_${groupOf(channel)}` : ''}`;
      const found = await readWideTables(sql, 'wide', 'tbl_data_timeseries_');
      // A table without a row is there all the same.
      const filled = Object.fromEntries(
        Object.entries(found).filter(([, one]) => Object.keys(one).length > 0),
      );
      expect(filled).toEqual(plainPivot(data, table));
      expect(gate.settled.reduce((sum, one) => sum + one.receipt.loaded, 0)).toBe(data.length);
      const { anchor } = await fixture.pipeline.open({
        log: fixture.moveContext().log,
        options: {},
        cutoffs: new Map(),
        kind: 'full',
        watermarks: new Map(),
        migrationId: 'test',
        unsettled: [],
      });
      for (const chunk of await fixture.plan('data', anchor)) {
        expect(
          await fixture.pipeline.verify(asChunk('verify', chunk), fixture.verifyContext()),
        ).toMatchObject({ wrong: 0 });
      }
    }),
    { numRuns: 25 },
  );
});
