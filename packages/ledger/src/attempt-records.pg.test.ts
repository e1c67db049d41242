import { expect, inject, test } from 'vitest';
import { ledgerFixture, newAttempt } from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');

// Mutation: without `error_text`, `rows` or `bytes` in release.ts, and `rows` or `bytes` in settle.ts, nobody
// knows afterwards how far an attempt had come and why it ended.
test('attempts are on record with what they read and why they ended, page by page, and of one chunk', async () => {
  await using fixture = await ledgerFixture(postgresUrl);
  const { ledger } = fixture;
  const { run, ids } = await fixture.plannedRun(2);
  const [one = 0, other = 0] = ids;
  const lost = await fixture.take(run.id, one);
  await ledger.release({
    ...lost,
    errorCode: 'CONNECTION_LOST',
    errorText: 'source: the connection broke',
    reason: 'retry',
    rows: 12,
    bytes: 3_000_000_000,
    event: 'retry',
    pauseMs: 0,
  });
  const stopped = await fixture.take(run.id, one);
  const silent = { errorCode: null, errorText: null, reason: 'shutdown', rows: 0, bytes: 0 };
  await ledger.release({ ...stopped, ...silent, event: 'handBack', pauseMs: 0 });
  await fixture.settle(await fixture.take(run.id, one), { read: 40, bytesRead: 4_000 });
  const superseded = await fixture.take(run.id, other);
  await ledger.claim(newAttempt(run.id, other));
  const foreign = await ledger.createRun(fixture.newRun({ kind: 'reprocess', phases: ['data'] }));
  const [strange = 0] = await fixture.plan(foreign.id, 'data', [
    { ordinal: 0, stream: 'x', range: { at: 9 }, estimatedRows: 0, originId: null },
  ]);
  await fixture.take(foreign.id, strange);

  const page = (after: number, limit: number) =>
    ledger.attemptRecords({ runId: run.id, after, limit });
  const all = await page(0, 9);
  const common = { phase: 'data', stream: 'fleet', generation: 1, host: 'host', pid: 1 };
  expect(all).toMatchObject([
    {
      ...common,
      chunkId: one,
      range: { at: 0 },
      outcome: 'retry',
      errorCode: 'CONNECTION_LOST',
      errorText: 'source: the connection broke',
      rows: 12,
      bytes: 3_000_000_000,
    },
    { ...common, chunkId: one, outcome: 'shutdown', errorCode: null, errorText: null, rows: 0 },
    { ...common, chunkId: one, outcome: 'done', errorCode: null, rows: 40, bytes: 4_000 },
    { ...common, chunkId: superseded.chunkId, outcome: 'superseded', rows: null, bytes: null },
    { ...common, chunkId: other, range: { at: 1 }, outcome: 'running', endedAtMs: null },
  ]);
  expect(all.every((one_) => one_.startedAtMs <= (one_.endedAtMs ?? Infinity))).toBe(true);
  const firstPage = await page(0, 2);
  const secondPage = await page(firstPage.at(-1)?.id ?? 0, 2);
  const thirdPage = await page(secondPage.at(-1)?.id ?? 0, 2);
  expect([...firstPage, ...secondPage, ...thirdPage]).toEqual(all);
  expect(await page(thirdPage.at(-1)?.id ?? 0, 2)).toEqual([]);
  const ofOne = await ledger.attemptRecords({ runId: run.id, chunkId: one, after: 0, limit: 9 });
  expect(ofOne).toEqual(all.slice(0, 3));
});
