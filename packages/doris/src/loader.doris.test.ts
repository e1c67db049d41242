import { gzipSync } from 'node:zlib';
import { Stopped } from '@drover/core';
import { signal, until } from '@drover/testkit';
import { describe, expect, test } from 'vitest';
import { RowsRefused } from './loader.ts';
import { dorisFixture, failureOf, linesOf, onStandIn } from './testing/doris-fixture.ts';

const stays = () => new AbortController().signal;
const within = (withinMs = 2_000) => ({ withinMs, signal: stays() });

describe('a load', () => {
  test('of two phases is in the table after its commit, and its label says so', async () => {
    await using fixture = await dorisFixture();
    const { loader, target } = fixture;
    const reply = await loader.load(fixture.request());
    expect(reply).toMatchObject({ loadedRows: 2, filteredRows: 0, twoPhase: true });
    expect(await loader.state(target, stays())).toBe('PRECOMMITTED');
    expect(await fixture.rows()).toEqual([]);
    expect(await loader.commit(target, reply.txnId, stays())).toBe(true);
    await loader.untilVisible(target, within());
    expect(await fixture.rows()).toEqual([
      ['1', 'one'],
      ['2', 'two'],
    ]);
    // A second time, as where the answer was lost.
    expect(await loader.commit(target, reply.txnId, stays())).toBe(true);
  });

  test('compressed, of deletions, and of rows marked as deleted', async () => {
    await using fixture = await dorisFixture();
    const single = { twoPhase: false };
    const rows = Buffer.from('"1","one"\n"2","two"\n"3","three"\n');
    await fixture.loader.load(
      fixture.request({
        ...single,
        compress: 'gzip',
        body: async function* () {
          yield gzipSync(rows);
        },
      }),
    );
    await fixture.loader.load(
      fixture.request({
        ...single,
        label: 'd',
        columns: ['id'],
        merge: 'delete',
        body: async function* () {
          yield Buffer.from('"1"\n');
        },
      }),
    );
    await fixture.loader.load(
      fixture.request({
        ...single,
        label: 'm',
        columns: ['id', 'name', 'gone'],
        merge: { deleteWhen: 'gone=1' },
        body: async function* () {
          yield Buffer.from('"2","zwei","0"\n"3","drei","1"\n');
        },
      }),
    );
    expect(await fixture.rows()).toEqual([['2', 'zwei']]);
  });

  onStandIn(
    'whose body fails or is stopped is aborted by the target, and nothing is committed',
    async () => {
      await using fixture = await dorisFixture();
      for (const twoPhase of [true, false]) {
        const stop = new AbortController();
        const failing = {
          async *body() {
            yield* linesOf([1, 'one'])();
            throw new Stopped('fenced');
          },
        };
        const stopped = {
          signal: stop.signal,
          async *body() {
            yield* linesOf([1, 'one'])();
            stop.abort(new Stopped('fenced'));
            yield* linesOf([2, 'two'])();
          },
        };
        for (const one of [failing, stopped]) {
          const error = await failureOf(fixture.loader.load(fixture.request({ twoPhase, ...one })));
          expect(error).toEqual(new Stopped('fenced'));
          await until('the target has given it up', () => fixture.states()[0] === 'ABORTED');
        }
      }
      expect(fixture.states()).toEqual(Array(4).fill('ABORTED'));
      expect(await fixture.rows()).toEqual([]);
    },
  );

  test('under a label that has one already is in doubt, and nothing is read for it', async () => {
    await using fixture = await dorisFixture();
    await fixture.loader.load(fixture.request());
    let asked = false;
    const again = fixture.request({
      async *body() {
        asked = true;
        yield Buffer.from('"3","three"\n');
      },
    });
    expect(await failureOf(fixture.loader.load(again))).toMatchObject({
      code: 'LOAD_IN_DOUBT',
      policy: 'defer',
    });
    expect(asked).toBe(false);
  });

  onStandIn('with rows that do not fit names them', async () => {
    await using fixture = await dorisFixture();
    const body = linesOf([1, 'one'], [2, 'two']);
    fixture.doris.faults.refuseRows = { times: 1, containing: 'two', reason: 'why' };
    const error = await failureOf(fixture.loader.load(fixture.request({ body })));
    expect(error).toBeInstanceOf(RowsRefused);
    expect((error as RowsRefused).rows).toEqual([{ reason: 'why', line: '"2","two"' }]);
    // A row is nothing for a log.
    expect((error as RowsRefused).message).not.toContain('two');
  });

  onStandIn('goes to another backend where one is gone', async () => {
    await using fixture = await dorisFixture({ backends: 3 });
    // Reached and listed before, and gone since.
    await fixture.nodes.backends(stays());
    await fixture.doris.stopBackend(0, { listed: true });
    await fixture.doris.stopBackend(1, { listed: true });
    const labels = ['a', 'b', 'c', 'd'];
    const txnIds: number[] = [];
    for (const label of labels) {
      txnIds.push((await fixture.loader.load(fixture.request({ label }))).txnId);
    }
    for (const [index, label] of labels.entries()) {
      const target = { ...fixture.target, label };
      expect(await fixture.loader.commit(target, txnIds[index] ?? 0, stays())).toBe(true);
    }
    const served = fixture.doris.requests.filter(({ path }) => path.endsWith('_stream_load'));
    expect(served.map(({ server }) => server)).toEqual([2, 2, 2, 2]);
  });

  onStandIn('sends no byte of its body to a frontend', async () => {
    await using fixture = await dorisFixture({ address: { via: 'fe' } });
    fixture.doris.faults.resetOnBodyAtFrontend = { times: 1 };
    const reply = await fixture.loader.load(fixture.request());
    expect(await fixture.loader.commit(fixture.target, reply.txnId, stays())).toBe(true);
    const atFrontend = fixture.doris.requests.filter(({ server }) => server === 'frontend');
    expect(atFrontend.some(({ path }) => path.endsWith('_stream_load'))).toBe(true);
    expect(atFrontend.every(({ bodyBytes }) => bodyBytes === 0)).toBe(true);
    expect(fixture.doris.faults.resetOnBodyAtFrontend.times).toBe(1);
  });

  onStandIn('asks for nothing that would change a value', async () => {
    await using fixture = await dorisFixture();
    await fixture.loader.load(fixture.request());
    const load = fixture.doris.requests.find(
      ({ path, server }) => server === 0 && path.endsWith('_stream_load'),
    );
    expect(load?.headers).toMatchObject({
      strict_mode: 'true',
      max_filter_ratio: '0',
      two_phase_commit: 'true',
      label: fixture.target.label,
      trim_double_quotes: 'true',
      timezone: '+00:00',
    });
  });
});

describe('a label', () => {
  test('of which nothing is known is free', async () => {
    await using fixture = await dorisFixture();
    expect(
      await fixture.loader.settleLabel(fixture.target, { txnId: null, ...within() }),
    ).toBeNull();
  });

  onStandIn(
    'with a load that waits for its commit is committed where it is the one, else given up',
    async () => {
      await using fixture = await dorisFixture();
      const { loader, target } = fixture;
      const first = await loader.load(fixture.request());
      expect(await loader.settleLabel(target, { txnId: null, ...within() })).toBe(false);
      const second = await loader.load(fixture.request({ body: linesOf([7, 'seven']) }));
      expect(await loader.settleLabel(target, { txnId: first.txnId, ...within() })).toBe(false);
      expect(fixture.states()).toEqual(['ABORTED', 'ABORTED']);
      const third = await loader.load(fixture.request({ body: linesOf([8, 'eight']) }));
      expect(third.txnId).not.toBe(second.txnId);
      expect(await loader.settleLabel(target, { txnId: third.txnId, ...within() })).toBe(true);
      expect(await fixture.rows()).toEqual([['8', 'eight']]);
      expect(await loader.settleLabel(target, { txnId: null, ...within() })).toBe(true);
    },
  );

  onStandIn('with a load that still goes on is given up, and that one cannot commit', async () => {
    await using fixture = await dorisFixture();
    const [arrived, released] = [signal(), signal()];
    const going = failureOf(
      fixture.loader.load(
        fixture.request({
          twoPhase: false,
          async *body() {
            yield* linesOf([1, 'one'])();
            arrived.give();
            await released.given;
          },
        }),
      ),
    );
    await arrived.given;
    expect(await fixture.loader.settleLabel(fixture.target, { txnId: null, ...within() })).toBe(
      false,
    );
    released.give();
    expect(await going).toBeInstanceOf(Error);
    expect(await fixture.rows()).toEqual([]);
    expect(fixture.states()).toEqual(['ABORTED']);
  });

  onStandIn(
    'that was committed and is not visible is in doubt after its time, and waited for in it',
    async () => {
      await using fixture = await dorisFixture();
      const published = signal();
      fixture.doris.faults.publishTimeout = { times: 1, until: published.given };
      await fixture.loader.load(fixture.request({ twoPhase: false }));
      expect(fixture.states()).toEqual(['COMMITTED']);
      const error = await failureOf(fixture.loader.untilVisible(fixture.target, within(60)));
      expect(error).toMatchObject({ code: 'LOAD_IN_DOUBT' });
      expect((error as Error).message).toContain(fixture.target.label);
      const settled = fixture.loader.settleLabel(fixture.target, { txnId: null, ...within() });
      published.give();
      expect(await settled).toBe(true);
    },
  );

  onStandIn('is not waited for any longer by who is stopped', async () => {
    await using fixture = await dorisFixture();
    const published = signal();
    fixture.doris.faults.publishTimeout = { times: 1, until: published.given };
    await fixture.loader.load(fixture.request({ twoPhase: false }));
    const stop = new AbortController();
    const waiting = failureOf(
      fixture.loader.untilVisible(fixture.target, { withinMs: 60_000, signal: stop.signal }),
    );
    stop.abort(new Stopped('lease-lost'));
    expect(await waiting).toEqual(new Stopped('lease-lost'));
    published.give();
  });

  onStandIn.each([
    ['an error', { msg: 'Internal Error', code: 500, data: 'no', count: 0 }, 'UNKNOWN'],
    [
      'a refused login',
      { msg: 'Unauthorized', code: 401, data: 'Access denied', count: 0 },
      'AUTHENTICATION_FAILED',
    ],
    [
      'a state that nobody knows',
      { msg: 'success', code: 0, data: 'PUBLISHED', count: 0 },
      'UNSUPPORTED',
    ],
  ])('is left as it is where the frontend answers with %s', async (_, body, code) => {
    await using fixture = await dorisFixture();
    await fixture.loader.load(fixture.request());
    fixture.doris.faults.okEnvelope = { times: 1, place: 'state', body };
    const error = await failureOf(
      fixture.loader.settleLabel(fixture.target, { txnId: null, ...within() }),
    );
    expect(error).toMatchObject({ code });
    expect(fixture.states()).toEqual(['PRECOMMITTED']);
  });

  test('of a transaction that is gone, or not ready, is not taken for committed', async () => {
    await using fixture = await dorisFixture();
    expect(await fixture.loader.commit(fixture.target, 999, stays())).toBe(false);
    const { txnId } = await fixture.loader.load(fixture.request());
    await fixture.loader.abort(fixture.target, stays());
    expect(await fixture.loader.commit(fixture.target, txnId, stays())).toBe(false);
    // There is nothing any more to give up.
    await fixture.loader.abort(fixture.target, stays());
  });

  onStandIn('whose commit was refused for another reason is told of as that', async () => {
    await using fixture = await dorisFixture();
    const { txnId } = await fixture.loader.load(fixture.request());
    fixture.doris.faults.okEnvelope = {
      times: 1,
      place: 'two-phase',
      body: { status: 'INTERNAL_ERROR', msg: '[MEM_LIMIT_EXCEEDED]' },
    };
    const error = await failureOf(fixture.loader.commit(fixture.target, txnId, stays()));
    expect(error).toMatchObject({ code: 'TARGET_BUSY' });
    expect(await fixture.loader.state(fixture.target, stays())).toBe('PRECOMMITTED');
  });

  onStandIn('that cannot be given up is told of', async () => {
    await using fixture = await dorisFixture();
    await fixture.loader.load(fixture.request());
    fixture.doris.faults.okEnvelope = {
      times: 1,
      place: 'two-phase',
      body: { status: 'INTERNAL_ERROR', msg: 'get tableList write lock timeout' },
    };
    const error = await failureOf(fixture.loader.abort(fixture.target, stays()));
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT' });
  });
});
