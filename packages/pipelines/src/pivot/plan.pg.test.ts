import { type Json, type PlannedChunk, parseTimestamp } from '@drover/core';
import { insertNarrowRows, narrowRow, silentLog } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { type PivotFixture, pivotFixture } from './testing/pivot-fixture.ts';

const server = inject('postgresUrl');

const open = async (
  fixture: PivotFixture,
  options: object = {},
  cutoffs = new Map<string, string>(),
) =>
  fixture.pipeline.open({
    log: silentLog,
    kind: 'full',
    options,
    cutoffs,
    watermarks: new Map(),
    migrationId: 'test',
    unsettled: [],
  });

const rowsAt = (times: readonly string[], ship = 'A') =>
  times.map((time) => narrowRow({ ship, channel: '/c', time }, 'Integer', '1'));

const spans = (chunks: readonly PlannedChunk[]) =>
  chunks.map((chunk) => {
    const { from, to } = chunk.range as { from: string | null; to: string | null };
    return [from, to];
  });

async function planned(times: readonly string[], spec: object = {}, options: object = {}) {
  const fixture = await pivotFixture(server, { chunk: { length: '1h' }, ...spec });
  await insertNarrowRows(fixture.database.sql, rowsAt(times));
  const { anchor } = await open(fixture, options);
  return { fixture, chunks: await fixture.plan('data', anchor) };
}

describe('the plan of the data', () => {
  test('is cut at the grid, with open ends where no bound was given', async () => {
    const { fixture, chunks } = await planned([
      '2026-01-01 00:30:00',
      '2026-01-01 01:00:00',
      '2026-01-01 02:59:59.999999',
    ]);
    await using _ = fixture;
    expect(spans(chunks)).toEqual([
      [null, '2026-01-01 01:00:00'],
      ['2026-01-01 01:00:00', '2026-01-01 02:00:00'],
      ['2026-01-01 02:00:00', null],
    ]);
  });

  test('leaves no gap: a chunk reaches over cells that are proven empty', async () => {
    const { fixture, chunks } = await planned([
      '2026-01-01 00:30:00',
      '2026-01-05 07:00:00',
      '2026-03-01 00:00:00',
    ]);
    await using _ = fixture;
    expect(spans(chunks)).toEqual([
      [null, '2026-01-05 07:00:00'],
      ['2026-01-05 07:00:00', '2026-03-01 00:00:00'],
      ['2026-03-01 00:00:00', null],
    ]);
  });

  test('keeps the bounds that were given, to the microsecond', async () => {
    const times = [
      '2025-12-31 23:00:00',
      '2026-01-01 00:30:00',
      '2026-01-01 01:10:00',
      '2026-01-01 02:20:00',
    ];
    const { fixture, chunks } = await planned(
      times,
      {},
      { from: '2026-01-01 00:10:00.000001', to: '2026-01-01 01:10:00.000001' },
    );
    await using _ = fixture;
    expect(spans(chunks)).toEqual([
      ['2026-01-01 00:10:00.000001', '2026-01-01 01:00:00'],
      ['2026-01-01 01:00:00', '2026-01-01 01:10:00.000001'],
    ]);
  });

  test('has one chunk where there is nothing to see', async () => {
    const { fixture, chunks } = await planned(['infinity', '-infinity']);
    await using _ = fixture;
    expect(spans(chunks)).toEqual([[null, null]]);
  });

  test('reaches from before Christ to the end of time', async () => {
    const { fixture, chunks } = await planned(
      [
        '-infinity',
        '4713-01-01 00:00:00 BC',
        '0001-01-01 00:00:00',
        '2026-01-01 00:00:00',
        '294276-12-31 23:59:59.999999',
        'infinity',
      ],
      { chunk: { length: '7h' } },
    );
    await using _ = fixture;
    expect(chunks).toHaveLength(4);
    expect(spans(chunks)[0]?.[0]).toBeNull();
    expect(spans(chunks).at(-1)?.[1]).toBeNull();
    for (const [index, [from]] of spans(chunks).slice(1).entries()) {
      expect(from).toBe(spans(chunks)[index]?.[1]);
      expect((parseTimestamp(from ?? '') ?? 1n) % 25_200_000_000n).toBe(0n);
    }
  });

  test('is the same, however often it is taken up, even where rows have come into a gap meanwhile', async () => {
    const times = Array.from(
      { length: 40 },
      (_, index) =>
        `2026-01-0${1 + Math.floor(index / 8)} ${String((index % 8) * 2).padStart(2, '0')}:30:00`,
    );
    const { fixture, chunks } = await planned(times);
    await using _ = fixture;
    const { anchor } = await open(fixture);
    await insertNarrowRows(
      fixture.database.sql,
      rowsAt(['2026-01-01 01:15:00', '2026-01-05 15:00:00']),
    );
    const [after] = chunks.slice(10);
    if (after === undefined) throw new Error('There is no eleventh chunk.');
    const rest: PlannedChunk[] = [];
    const context = { after, dataChunks: noChunks, signal: new AbortController().signal };
    for await (const chunk of fixture.pipeline.plan('data', anchor, context)) rest.push(chunk);
    expect(rest[0]?.ordinal).toBe(11);
    const joined = [...chunks.slice(0, 11), ...rest];
    expect(
      spans(joined)
        .slice(1)
        .map(([from]) => from),
    ).toEqual(
      spans(joined)
        .slice(0, -1)
        .map(([, to]) => to),
    );
    expect(spans(joined).at(-1)?.[1]).toBeNull();
  });

  test('lets ships travel together by the index on time, and apart without it', async () => {
    for (const [timeIndex, streams] of [
      [true, ['2 ships']],
      [false, ['A', 'B']],
    ] as const) {
      await using fixture = await pivotFixture(
        server,
        { chunk: { length: '1h' } },
        { table: { timeIndex } },
      );
      await insertNarrowRows(fixture.database.sql, [
        ...rowsAt(['2026-01-01 00:30:00'], 'A'),
        ...rowsAt(['2026-01-01 00:30:00'], 'B'),
      ]);
      const { anchor } = await open(fixture);
      const chunks = await fixture.plan('data', anchor);
      expect(chunks.map((chunk) => chunk.stream)).toEqual(streams);
    }
  });

  test('lists each cell between first and last row where no index tells which are empty', async () => {
    await using fixture = await pivotFixture(
      server,
      { chunk: { length: '1h' } },
      { table: { timeIndex: false } },
    );
    await insertNarrowRows(
      fixture.database.sql,
      rowsAt(['2026-01-01 00:30:00', '2026-01-01 04:30:00']),
    );
    const { anchor } = await open(fixture);
    expect(spans(await fixture.plan('data', anchor))).toHaveLength(5);
  });

  test('keeps ships apart whose cutoffs differ, and reloads a cutoff once stored', async () => {
    await using fixture = await pivotFixture(server, {
      chunk: { length: '1h' },
      cutoff: '2026-01-01 03:00:00',
    });
    const times = [
      '2026-01-01 00:30:00',
      '2026-01-01 01:30:00',
      '2026-01-01 02:30:00',
      '2026-01-01 03:30:00',
    ];
    await insertNarrowRows(fixture.database.sql, [...rowsAt(times, 'A'), ...rowsAt(times, 'B')]);
    const opening = await open(fixture, {}, new Map([['B', '2026-01-01 02:00:00']]));
    expect([...opening.cutoffs]).toEqual([
      ['A', '2026-01-01 03:00:00'],
      ['B', '2026-01-01 02:00:00'],
    ]);
    const chunks = await fixture.plan('data', opening.anchor);
    expect(chunks.map((chunk) => [chunk.stream, ...(spans([chunk])[0] ?? [])])).toEqual([
      ['A', null, '2026-01-01 01:00:00'],
      ['A', '2026-01-01 01:00:00', '2026-01-01 02:00:00'],
      ['A', '2026-01-01 02:00:00', '2026-01-01 03:00:00'],
      ['B', null, '2026-01-01 01:00:00'],
      ['B', '2026-01-01 01:00:00', '2026-01-01 02:00:00'],
    ]);
    const moved = await open(
      fixture,
      { cutoff: '2026-01-01 01:00:00' },
      new Map([['B', '2026-01-01 02:00:00']]),
    );
    expect([...moved.cutoffs.values()]).toEqual(['2026-01-01 01:00:00', '2026-01-01 01:00:00']);
  });

  test('refuses bounds between which there is nothing', async () => {
    await using fixture = await pivotFixture(server);
    await insertNarrowRows(fixture.database.sql, rowsAt(['2026-01-01 00:30:00']));
    await expect(open(fixture, { from: '2026-01-02', to: '2026-01-01' })).rejects.toMatchObject({
      code: 'FILE_INVALID',
    });
  });

  test('takes relative moments by the source, in its time zone', async () => {
    await using fixture = await pivotFixture(server, { source: { timeZone: 'Asia/Tokyo' } });
    await insertNarrowRows(fixture.database.sql, rowsAt(['2026-01-01 00:30:00']));
    const { anchor } = await open(fixture, { cutoff: 'now-1h' });
    const [row] = await fixture.database.sql.query(
      `select abs(extract(epoch from ($1::timestamp - ((now() at time zone 'Asia/Tokyo') - interval '1 hour')))) < 60 as near`,
      [(anchor as { parts: { to: string }[] }).parts[0]?.to ?? ''],
    );
    expect(row?.['near']).toBe('t');
  });
});

describe('a split', () => {
  test('covers the chunk exactly, by time first, then by ship, and ends somewhere', async () => {
    await using fixture = await pivotFixture(server, { chunk: { length: '1h' } });
    const split = (range: Json) =>
      fixture.pipeline
        .split({ id: 1, phase: 'data', stream: 's', range, estimatedRows: 10 })
        .map((part) => part.range);
    const ships = ['A', 'B', 'C'];
    expect(split({ ships, from: '2026-01-01 00:00:00', to: '2026-01-01 01:00:00' })).toEqual([
      { ships, from: '2026-01-01 00:00:00', to: '2026-01-01 00:30:00' },
      { ships, from: '2026-01-01 00:30:00', to: '2026-01-01 01:00:00' },
    ]);
    expect(split({ ships, from: null, to: '2026-01-01 01:00:00' })).toEqual([
      { ships, from: null, to: '2026-01-01 00:30:00' },
      { ships, from: '2026-01-01 00:30:00', to: '2026-01-01 01:00:00' },
    ]);
    expect(split({ ships, from: null, to: null })).toEqual([
      { ships: ['A', 'B'], from: null, to: null },
      { ships: ['C'], from: null, to: null },
    ]);
    const micro = { from: '2026-01-01 00:00:00', to: '2026-01-01 00:00:00.000001' };
    expect(split({ ships: ['A', 'B'], ...micro })).toEqual([
      { ships: ['A'], ...micro },
      { ships: ['B'], ...micro },
    ]);
    expect(split({ ships: ['A'], ...micro })).toEqual([]);
    expect(split({ nullKeys: true })).toEqual([]);
  });
});

async function* noChunks(): AsyncGenerator<never> {}
