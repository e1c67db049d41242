import { signal, until } from '@drover/testkit';
import { describe, expect, it } from 'vitest';
import { noFaults, strike } from './faults.ts';
import { endPhase, load, replyOf, startHarbour } from './testing/cluster.ts';
import { send } from './testing/http-client.ts';

const LOAD = '/api/harbour/ships/_stream_load';
const ROWS = '"1","Anna",\\N\n"2","Berta",\\N\n"3","Carla",\\N\n';
const EXPECT = { expect: '100-continue', 'content-length': '0' };

describe('a fault', () => {
  it('strikes as often as it is told, where it is aimed', () => {
    const knob = { times: 1, label: /^a/, table: 'ships' };
    expect(strike(knob, { label: 'b', table: 'ships' })).toBeNull();
    expect(strike(knob, { label: 'a1', table: 'boats' })).toBeNull();
    expect(strike(knob, { table: 'ships' })).toBeNull();
    expect(strike(knob, { label: 'a1', table: 'ships' })).toBe(knob);
    expect(strike(knob, { label: 'a1', table: 'ships' })).toBeNull();
    expect(knob.times).toBe(0);
    expect(strike({ times: 1, label: 'a' }, { label: 'a1' })).toBeNull();
  });

  it('is none at first', () => {
    expect(new Set(Object.values(noFaults()))).toEqual(new Set([null]));
  });
});

describe('a load that is committed', () => {
  it('can lose its connection', async () => {
    await using cluster = await startHarbour();
    cluster.doris.faults.commitThenDrop = { times: 1 };
    await expect(load(cluster.doris, ROWS, { label: 'a' })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect([cluster.status('a'), cluster.ships.count]).toEqual(['VISIBLE', 3]);
  });

  it('can reply Fail all the same', async () => {
    await using cluster = await startHarbour();
    cluster.doris.faults.failThoughCommitted = { times: 1 };
    const reply = replyOf(await load(cluster.doris, ROWS, { label: 'a' }));
    expect(reply).toMatchObject({ Status: 'Fail', NumberLoadedRows: 0 });
    expect([cluster.status('a'), cluster.ships.count]).toEqual(['VISIBLE', 3]);
  });

  it('can reply what cannot be parsed', async () => {
    await using cluster = await startHarbour();
    cluster.doris.faults.truncatedReply = { times: 1 };
    const reply = await load(cluster.doris, ROWS, { label: 'a' });
    expect(() => replyOf(reply)).toThrow(SyntaxError);
    expect(cluster.status('a')).toBe('VISIBLE');
  });

  it('can reply Publish Timeout and be visible later (§3)', async () => {
    await using cluster = await startHarbour();
    const released = signal();
    cluster.doris.faults.publishTimeout = { times: 1, until: released.given };
    const reply = replyOf(await load(cluster.doris, ROWS, { label: 'a' }));
    expect(reply).toMatchObject({
      Status: 'Publish Timeout',
      Message:
        '[PUBLISH_TIMEOUT]TStatus: transaction commit successfully, BUT data will be visible later',
      NumberLoadedRows: 3,
    });
    expect([cluster.status('a'), cluster.ships.count]).toEqual(['COMMITTED', 0]);
    released.give();
    await until('it is visible', () => cluster.status('a') === 'VISIBLE');
    expect(cluster.ships.count).toBe(3);
  });

  it('waits for a slow publish, but not for ever (§4)', async () => {
    await using cluster = await startHarbour({ publishWaitMs: 50 });
    const { faults } = cluster.doris;
    const released = signal();
    faults.slowPublish = { times: 1, until: released.given };
    const late = replyOf(await load(cluster.doris, ROWS, { label: 'a' }));
    expect(late['Status']).toBe('Publish Timeout');
    released.give();
    faults.slowPublish = { times: 1, until: Promise.resolve() };
    const soon = replyOf(await load(cluster.doris, ROWS, { label: 'b' }));
    expect([soon['Status'], cluster.status('b')]).toEqual(['Success', 'VISIBLE']);
  });

  it('can be forgotten', async () => {
    await using cluster = await startHarbour();
    cluster.doris.faults.forgetLabel = { times: 1, label: 'a' };
    await load(cluster.doris, ROWS, { label: 'b' });
    await load(cluster.doris, ROWS, { label: 'a' });
    expect([cluster.status('a'), cluster.status('b')]).toEqual(['UNKNOWN', 'VISIBLE']);
  });

  it('can have lost rows', async () => {
    await using cluster = await startHarbour();
    cluster.doris.faults.loseRows = { times: 1, rows: 1 };
    const reply = replyOf(await load(cluster.doris, ROWS));
    expect(reply).toMatchObject({ Status: 'Success', NumberTotalRows: 2, NumberLoadedRows: 2 });
    expect([...cluster.ships.rows()].map(([id]) => id)).toEqual([1n, 2n]);
  });

  it('can be held before and after it is pre-committed', async () => {
    await using cluster = await startHarbour();
    const { faults } = cluster.doris;
    const [before, on, after, end] = [signal(), signal(), signal(), signal()];
    faults.holdBeforeCommit = { times: 1, reached: before.give, until: on.given };
    faults.holdAfterPrecommit = { times: 1, reached: after.give, until: end.given };
    const reply = load(cluster.doris, ROWS, { label: 'a', two_phase_commit: 'true' });
    await before.given;
    expect(cluster.status('a')).toBe('PREPARE');
    on.give();
    await after.given;
    expect(cluster.status('a')).toBe('PRECOMMITTED');
    end.give();
    expect(replyOf(await reply)['Status']).toBe('Success');
  });
});

describe('a load that fails', () => {
  it('can have too many versions, too many neighbours or too little memory (§8)', async () => {
    await using cluster = await startHarbour();
    const { faults } = cluster.doris;
    faults.tooManyVersions = { times: 1, label: 'a' };
    const versions = replyOf(await load(cluster.doris, ROWS, { label: 'a' }));
    expect(versions['Status']).toBe('Fail');
    expect(versions['Message']).toMatch(/-235/);
    faults.runningTransactions = { times: 1 };
    const neighbours = await load(cluster.doris, ROWS, { label: 'b' });
    expect(neighbours.continued).toBe(false);
    expect(replyOf(neighbours)['Message']).toMatch(/^\[ANALYSIS_ERROR\].*larger than limit/);
    faults.memoryLimit = { times: 1 };
    const memory = replyOf(await load(cluster.doris, ROWS, { label: 'c' }));
    expect(memory['Message']).toMatch(/^\[MEM_LIMIT_EXCEEDED\]/);
    expect(['a', 'b', 'c'].map(cluster.status)).toEqual(['ABORTED', 'UNKNOWN', 'ABORTED']);
    expect(replyOf(await load(cluster.doris, ROWS, { label: 'a' }))['Status']).toBe('Success');
  });

  it('can reply while the client still sends', async () => {
    await using cluster = await startHarbour();
    cluster.doris.faults.memoryLimit = { times: 1 };
    const over = signal();
    async function* body() {
      yield Buffer.from(ROWS);
      await over.given;
    }
    const reply = replyOf(await load(cluster.doris, body()));
    over.give();
    expect(reply['Status']).toBe('Fail');
  });

  it('can lose its connection in the middle of the body', async () => {
    await using cluster = await startHarbour();
    cluster.doris.faults.dropMidBody = { times: 1, afterBytes: 20 };
    const over = signal();
    async function* body() {
      yield Buffer.from(ROWS.slice(0, 15));
      yield Buffer.from(ROWS.slice(15));
      await over.given;
    }
    await expect(load(cluster.doris, body(), { label: 'a' })).rejects.toThrow();
    over.give();
    await until('it is aborted', () => cluster.status('a') === 'ABORTED');
  });

  it('can have rows that are refused for a reason of its own', async () => {
    await using cluster = await startHarbour();
    const { faults } = cluster.doris;
    faults.refuseRows = { times: 1, containing: 'Berta', reason: 'no Bertas' };
    const reply = replyOf(await load(cluster.doris, ROWS));
    expect(reply).toMatchObject({ Status: 'Fail', NumberFilteredRows: 1 });
    const log = await send('GET', String(reply['ErrorURL']));
    expect(log.text).toBe('Reason: no Bertas. src line ["2","Berta",\\N]; \n');
  });
});

describe('a commit of two phases', () => {
  it('can be done and lose its connection', async () => {
    await using cluster = await startHarbour();
    cluster.doris.faults.commit2pcLost = { times: 1, label: 'a' };
    const twoPhase = { label: 'a', two_phase_commit: 'true' };
    const { TxnId } = replyOf(await load(cluster.doris, ROWS, twoPhase));
    const headers = { txn_operation: 'commit', txn_id: String(TxnId) };
    await expect(endPhase(cluster.doris, headers)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await until('it is visible', () => cluster.status('a') === 'VISIBLE');
  });
});

describe('a server', () => {
  it('can be down, known or unknown to the frontend, and come back', async () => {
    await using cluster = await startHarbour({ backends: 2 });
    const { doris } = cluster;
    const locate = async () =>
      (await send('PUT', doris.feUrl + LOAD, { headers: EXPECT })).headers.location ?? '';
    const ports = async () => new Set([new URL(await locate()).port, new URL(await locate()).port]);
    await doris.stopBackend(0, { listed: true });
    await expect(load(doris, ROWS)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await ports()).size).toBe(2);
    await doris.startBackend(0);
    expect(replyOf(await load(doris, ROWS))['Status']).toBe('Success');
    await doris.stopBackend(0, { listed: false });
    expect(await ports()).toEqual(new Set([new URL(doris.beUrls[1] ?? '').port]));
    await doris.startBackend(0);
    expect((await ports()).size).toBe(2);
  });

  it('can be at an address that nobody reaches', async () => {
    await using cluster = await startHarbour();
    const { doris } = cluster;
    doris.faults.wrongRedirectHost = { times: 2, host: '10.255.255.1:8040' };
    const { headers } = await send('PUT', doris.feUrl + LOAD, { headers: EXPECT });
    expect(headers.location).toBe(`http://root:secret@10.255.255.1:8040${LOAD}?`);
    const { text } = await send('GET', `${doris.feUrl}/api/backends?is_alive=true`);
    expect(text).toContain('"backends":[{"ip":"10.255.255.1","http_port":8040,"is_alive":true}]');
  });

  it('can reply HTTP 200 with an error in an envelope', async () => {
    await using cluster = await startHarbour();
    const { doris } = cluster;
    const body = { status: 'FAILED', msg: 'not today' };
    const requests = {
      redirect: () => send('PUT', doris.feUrl + LOAD, { headers: EXPECT }),
      backends: () => send('GET', `${doris.feUrl}/api/backends?is_alive=true`),
      state: () => send('GET', `${doris.feUrl}/api/harbour/get_load_state?label=a`),
      load: () => load(doris, ROWS),
      'two-phase': () => send('PUT', `${cluster.be}/api/harbour/_stream_load_2pc`),
    } as const;
    for (const place of ['redirect', 'backends', 'state', 'load', 'two-phase'] as const) {
      const elsewhere = place === 'load' ? 'state' : 'load';
      doris.faults.okEnvelope = { times: 1, place: elsewhere, body };
      expect((await requests[place]()).text).not.toContain('not today');
      doris.faults.okEnvelope = { times: 1, place, body };
      const reply = await requests[place]();
      expect([reply.status, reply.text]).toEqual([200, JSON.stringify(body)]);
    }
    expect(cluster.ships.count).toBe(3);
  });
});
