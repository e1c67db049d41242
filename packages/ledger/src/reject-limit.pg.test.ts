import { type AttemptKey, DroverError, type Reject } from '@drover/core';
import { signal, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import {
  type LedgerFixture,
  ledgerFixture,
  receiptOf,
  rejectOf,
} from './testing/ledger-fixture.ts';
import { chunkRow, first, someoneWaits } from './testing/parked-run.ts';

const postgresUrl = inject('postgresUrl');

const rejects = (count: number): Reject[] =>
  Array.from({ length: count }, (_, index) => rejectOf(`S${index}`));

/** Settles in a transaction of its own, which commits when the promise is kept. */
const settleAndHold = (
  { ledger, database }: LedgerFixture,
  key: AttemptKey,
  how: { readonly rejects: number; readonly mayCommit?: Promise<void>; settled?: () => void },
) =>
  database.sql.transaction(async (sql) => {
    await ledger.settle(sql, {
      ...key,
      receipt: receiptOf(),
      rejects: rejects(how.rejects),
      maxRejectsInRun: 3,
    });
    how.settled?.();
    await how.mayCommit;
  });

const count = async (fixture: LedgerFixture, runId: number) =>
  (await fixture.ledger.rejects({ runId, limit: 99 })).length;

describe('the limit of rejects in a run', () => {
  // Mutation: without `for no key update` in `refuseTooMany` the second does not see the first one's, and both
  // settle; with the count before the lock, too.
  test('holds for two that settle at once: the one that would exceed it is refused, and leaves nothing', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(2);
    const [one = 0, other = 0] = ids;
    const quick = await fixture.take(run.id, one);
    const slow = await fixture.take(run.id, other);
    const settled = signal();
    const mayCommit = signal();
    const hold = { rejects: 2, settled: settled.give, mayCommit: mayCommit.given };
    const settling = settleAndHold(fixture, quick, hold);
    await settled.given;
    const refused = settleAndHold(fixture, slow, { rejects: 2 }).then(
      () => null,
      (error: unknown) => error,
    );
    await until('the second waits for the first', () => someoneWaits(fixture));
    mayCommit.give();
    await settling;
    const error = await refused;
    expect(error).toBeInstanceOf(DroverError);
    expect(error).toMatchObject({
      code: 'TOO_MANY_REJECTS',
      message: 'With this chunk the run would have 4 rejects; rejects.maxPerRun allows 3.',
    });
    expect(await count(fixture, run.id)).toBe(2);
    expect(await chunkRow(fixture, one)).toMatchObject({ state: 'done' });
    expect(await chunkRow(fixture, other)).toMatchObject({ state: 'running' });
    expect((await ledger.attempts(run.id)).outcomes).toEqual(
      expect.arrayContaining([
        { outcome: 'running', errorCode: null, count: 1 },
        { outcome: 'done', errorCode: null, count: 1 },
      ]),
    );
    await settleAndHold(fixture, slow, { rejects: 1 });
    expect(await count(fixture, run.id)).toBe(3);
  });

  // Mutation: without `run_id` in `refuseTooMany` those of all runs count; without `earlier` in settle.ts those of
  // the chunk's first generation do.
  test('counts those of the run alone, and of a chunk that is moved again only the new ones', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const early = await fixture.plannedRun(1, ['data']);
    await settleAndHold(fixture, await fixture.take(early.run.id, first(early.ids)), {
      rejects: 3,
    });
    await ledger.closePhase({ runId: early.run.id, phase: 'data', next: null });
    const { run, ids } = await fixture.plannedRun(1, ['data']);
    const again = async (amount: number) => {
      const key = await fixture.take(run.id, first(ids));
      await settleAndHold(fixture, key, { rejects: amount });
      await fixture.database.sql.query(
        `update drover.chunk set state = 'planned', generation = generation + 1 where id = $1`,
        [first(ids)],
      );
      return count(fixture, run.id);
    };
    expect(await again(3)).toBe(3);
    expect(await again(2)).toBe(2);
    await expect(again(4)).rejects.toMatchObject({ code: 'TOO_MANY_REJECTS' });
    expect(await count(fixture, run.id)).toBe(2);
  });

  // Mutation: without `rejects.length === 0` in settle.ts every chunk of the run waits for every other.
  test('makes nobody wait whose chunk has none', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { run, ids } = await fixture.plannedRun(2);
    const [one = 0, other = 0] = ids;
    const slow = await fixture.take(run.id, one);
    const quick = await fixture.take(run.id, other);
    const settled = signal();
    const mayCommit = signal();
    const hold = { rejects: 1, settled: settled.give, mayCommit: mayCommit.given };
    const settling = settleAndHold(fixture, slow, hold);
    await settled.given;
    await settleAndHold(fixture, quick, { rejects: 0 });
    expect(await chunkRow(fixture, other)).toMatchObject({ state: 'done' });
    mayCommit.give();
    await settling;
  });
});
