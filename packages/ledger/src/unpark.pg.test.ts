import { signal, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { unpark } from './statements/unpark.ts';
import { ledgerFixture } from './testing/ledger-fixture.ts';
import {
  chunkRow,
  doneRun,
  first,
  park,
  partAt,
  someoneWaits,
  whole,
} from './testing/parked-run.ts';

const postgresUrl = inject('postgresUrl');

describe('a parked chunk that is tried again', () => {
  // Mutation: without `attempts = 0` in unpark.ts its first failure parks it again, without `generation + 1`
  // its receipts are not told from those before.
  test('whole has fresh attempts, is of the next generation, is due at once, and says how long to rest', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(2);
    const [parked = 0, other = 0] = ids;
    await park(fixture, run.id, parked);
    expect(await chunkRow(fixture, parked)).toMatchObject({ state: 'parked', attempts: '1' });
    const wanted = { runId: run.id, chunks: [whole(parked)], restMs: 750 };
    expect(await ledger.unpark(wanted)).toEqual({ again: [parked], parked: [] });
    expect(await chunkRow(fixture, parked)).toMatchObject({
      state: 'planned',
      attempts: '0',
      generation: '2',
      due_at: null,
      error_code: null,
      error_text: null,
    });
    expect(await ledger.parked(run.id)).toEqual([]);
    const { claim } = await fixture.take(run.id, parked);
    expect(claim).toMatchObject({ attempts: 0, chunk: { generation: 2 }, restMs: 750, outages: 0 });
    // Mutation: without the id in `whole` all chunks of the run are tried again.
    expect(await chunkRow(fixture, other)).toMatchObject({ generation: '1', rest_ms: '0' });
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'running', phase: 'data' });
  });

  // Mutation: without `parent.parked_at` in `divided` the parts that stay look as if they were parked now;
  // without `part.parked` in its cases they are tried again, or their error is forgotten.
  test('in parts is replaced by them: some with fresh attempts, the rest parked as it was', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, ids } = await fixture.plannedRun(3);
    const [before = 0, parked = 0] = ids;
    await park(fixture, run.id, parked);
    const was = await chunkRow(fixture, parked);
    const parts = { again: [partAt('a'), partAt('b')], parked: [partAt('c')] };
    const { again, parked: stay } = await ledger.unpark({
      runId: run.id,
      chunks: [{ chunkId: parked, parts }],
      restMs: 20,
    });
    expect(await fixture.state(parked)).toBe('split');
    expect(await Promise.all(again.map((id) => chunkRow(fixture, id)))).toMatchObject(
      ['a', 'b'].map((at) => ({
        state: 'planned',
        attempts: '0',
        generation: '2',
        rest_ms: '20',
        parent_id: String(parked),
        ordinal: was['ordinal'],
        stream: 'fleet',
        range: `{"at": "${at}"}`,
        estimated_rows: '40',
        error_code: null,
        error_text: null,
      })),
    );
    expect(stay).toHaveLength(1);
    const { generation, estimated_rows, range, parent_id, ...same } = was;
    expect(await chunkRow(fixture, first(stay))).toMatchObject({
      ...same,
      parent_id: String(parked),
      range: '{"at": "c"}',
    });
    expect(await ledger.parked(run.id)).toMatchObject([
      { id: stay[0], attempts: 1, errorCode: 'TABLE_LIMIT', errorText: 'too wide' },
    ]);
    expect(await fixture.state(before)).toBe('queued');
    const [count] = await database.sql.query('select count(*) as n from drover.chunk');
    expect(count?.['n']).toBe('6');
  });

  // Mutation: without the chunk's state in `whole` and `divided` what was moved is moved again.
  test('is left alone where it is not parked any more, or is of another run', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, data, verify } = await doneRun(fixture, { chunks: 3, parked: [2] });
    const [moved = 0, other = 0, parked = 0] = data;
    const ended = await ledger.findRun(run.id);
    const nothing = { again: [], parked: [] };
    const rest = { restMs: 0 };
    const parts = { again: [partAt('a')], parked: [partAt('b')] };
    expect(
      await ledger.unpark({
        runId: run.id,
        chunks: [whole(moved), { chunkId: other, parts }, whole(999_999)],
        ...rest,
      }),
    ).toEqual(nothing);
    const later = await fixture.plannedRun(1);
    const foreign = [whole(parked), { chunkId: parked, parts }];
    expect(await ledger.unpark({ runId: later.run.id, chunks: foreign, ...rest })).toEqual(nothing);
    expect(await fixture.state(parked)).toBe('parked');
    expect(await Promise.all(verify.map((id) => fixture.state(id)))).toEqual(['done', 'done']);
    expect(await ledger.findRun(run.id)).toEqual(ended);
    const missing = ledger.unpark({ runId: 999_999, chunks: [whole(parked)], ...rest });
    await expect(missing).rejects.toMatchObject({ code: 'RUN_MISSING' });
  });

  // Mutation: without the chunk's state in `whole` the second one makes a third generation; in `divided`, the
  // parts are there twice.
  test('by two at once is tried once: the second finds nothing, whole or in parts', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, data } = await doneRun(fixture, { chunks: 2, parked: [0, 1] });
    const [one = 0, other = 0] = data;
    const chunks = [
      whole(one),
      { chunkId: other, parts: { again: [partAt('a')], parked: [partAt('b')] } },
    ];
    const of = { runId: run.id, chunks, restMs: 0 };
    const begun = signal();
    const mayCommit = signal();
    const quick = database.sql.transaction(async (sql) => {
      const done = await unpark(sql, of);
      begun.give();
      await mayCommit.given;
      return done;
    });
    await begun.given;
    const slow = ledger.unpark(of);
    await until('the second waits', () => someoneWaits(fixture));
    mayCommit.give();
    expect((await quick).again).toHaveLength(2);
    expect(await slow).toEqual({ again: [], parked: [] });
    expect(await chunkRow(fixture, one)).toMatchObject({ state: 'planned', generation: '2' });
    const children = await database.sql.query('select 1 from drover.chunk where parent_id = $1', [
      other,
    ]);
    expect(children).toHaveLength(2);
  });
});
