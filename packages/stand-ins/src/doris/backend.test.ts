import { once } from 'node:events';
import { gunzipSync, gzipSync } from 'node:zlib';
import { signal, until } from '@drover/testkit';
import { describe, expect, it } from 'vitest';
import { endPhase, load, RECIPE, replyOf, startHarbour } from './testing/cluster.ts';
import { AUTHORIZATION, basic, head, open, send, transcript } from './testing/http-client.ts';

const LOAD = '/api/harbour/ships/_stream_load';
const TWO_ROWS = '"1","Anna","1999-01-02"\n"2",\\N,\\N\n';

describe('a load', () => {
  it('replies with the fields, types and order of §3', async () => {
    await using cluster = await startHarbour();
    const reply = await load(cluster.doris, TWO_ROWS, { label: 'a', comment: 'c' });
    expect([reply.status, reply.continued]).toEqual([200, true]);
    expect(reply.text).toMatch(/^\{\n {4}"TxnId": \d+,\n.*\n\}\n$/s);
    const fields = replyOf(reply);
    expect(Object.keys(fields)).toEqual([
      'TxnId',
      'Label',
      'Comment',
      'TwoPhaseCommit',
      'Status',
      'Message',
      'NumberTotalRows',
      'NumberLoadedRows',
      'NumberFilteredRows',
      'NumberUnselectedRows',
      'LoadBytes',
      'LoadTimeMs',
      'BeginTxnTimeMs',
      'StreamLoadPutTimeMs',
      'ReadDataTimeMs',
      'WriteDataTimeMs',
      'ReceiveDataTimeMs',
      'CommitAndPublishTimeMs',
    ]);
    expect(fields).toMatchObject({
      Label: 'a',
      Comment: 'c',
      TwoPhaseCommit: 'false',
      Status: 'Success',
      Message: 'OK',
      NumberTotalRows: 2,
      NumberLoadedRows: 2,
      LoadBytes: TWO_ROWS.length,
    });
    expect([...cluster.ships.rows()]).toEqual([
      [1n, 'Anna', '1999-01-02'],
      [2n, null, null],
    ]);
    expect(cluster.status('a')).toBe('VISIBLE');
  });

  it('does without Expect and with a Content-Length (§1)', async () => {
    await using cluster = await startHarbour();
    const { expect: _, ...headers } = RECIPE;
    const reply = await send('PUT', cluster.be + LOAD, { headers, body: TWO_ROWS });
    expect(replyOf(reply)).toMatchObject({ Status: 'Success', NumberLoadedRows: 2 });
    expect(replyOf(reply)['Label']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is asked for its body only after it is planned (§1)', async () => {
    await using cluster = await startHarbour();
    const refusals: [Record<string, string>, string][] = [
      [{ authorization: basic('root', 'wrong') }, '[ANALYSIS_ERROR]TStatus: errCode = 2'],
      [{ label: 'a.b' }, '[ANALYSIS_ERROR]TStatus: errCode = 2'],
      [{ format: 'cvs' }, 'unknown data format, format=cvs'],
      [{ enclose: '""' }, 'enclose must be single-char'],
      [{ escape: '\\\\' }, 'escape must be single-char'],
      [{ strict_mode: 'yes' }, '[INVALID_ARGUMENT]'],
      [{ timeout: '259201' }, 'timeout must be between 1 and 259200'],
      [{ timeout: '0' }, 'timeout must be between 1 and 259200'],
      [{ merge_type: 'MERGE' }, '[INVALID_ARGUMENT]'],
      [{ columns: 'name, built' }, 'Column has no default value, column=id'],
    ];
    for (const [headers, message] of refusals) {
      const reply = await load(cluster.doris, TWO_ROWS, headers);
      expect([reply.status, reply.continued]).toEqual([200, false]);
      expect(replyOf(reply)).toMatchObject({ Status: 'Fail', NumberTotalRows: 0 });
      expect(replyOf(reply)['Message']).toContain(message);
    }
    expect(cluster.doris.requests.every(({ bodyBytes }) => bodyBytes === 0)).toBe(true);
  });

  it('has the id -1 where no transaction was begun, and an aborted one where the plan failed', async () => {
    await using cluster = await startHarbour();
    const url = `${cluster.be}/api/harbour/boats/_stream_load`;
    const headers = { ...RECIPE, 'content-length': '0' };
    const missing = replyOf(await send('PUT', url, { headers }));
    expect(missing).toMatchObject({ TxnId: -1, Status: 'Fail' });
    const columns = { label: 'a', columns: 'name' };
    const planned = replyOf(await load(cluster.doris, '', columns));
    expect(planned['TxnId']).toBeGreaterThan(0);
    expect(cluster.status('a')).toBe('ABORTED');
  });

  it('needs one length and no second one (§1)', async () => {
    await using cluster = await startHarbour();
    const common = { authorization: AUTHORIZATION, connection: 'close' };
    const neither = await transcript(cluster.be, head(`PUT ${LOAD}`, common));
    expect(neither.text).toContain(
      'content_length is empty and transfer-encoding!=chunked, please set content_length or transfer-encoding=chunked',
    );
    const both = await transcript(
      cluster.be,
      head(`PUT ${LOAD}`, { ...common, 'content-length': '5', 'transfer-encoding': 'chunked' }),
    );
    expect(both.text).toMatch(/^HTTP\/1.1 200 /);
    expect(both.text).toContain('please do not set both content_length and transfer-encoding');
  });

  it('refuses a body that is too large before it comes (§8)', async () => {
    await using cluster = await startHarbour();
    const headers = { ...RECIPE, 'content-length': String(102_400 * 1024 * 1024 + 1) };
    const reply = await send('PUT', cluster.be + LOAD, { headers });
    expect(reply.continued).toBe(false);
    expect(reply.text).toContain("exceed BE's conf `streaming_load_max_mb`");
  });

  it.each([
    ['a chunked body without its end', { 'transfer-encoding': 'chunked' }, `5\r\n"1",\\\r\n`],
    ['fewer bytes than were declared', { 'content-length': '100' }, TWO_ROWS],
  ])('is aborted by %s (§1)', async (_, length, body) => {
    await using cluster = await startHarbour();
    const { expect: __, ...recipe } = RECIPE;
    const headers = { authorization: AUTHORIZATION, ...recipe, label: 'a', ...length };
    const socket = open(cluster.be);
    socket.write(head(`PUT ${LOAD}`, headers) + body);
    await until(
      'the body has begun to arrive',
      () => (cluster.doris.requests[0]?.bodyBytes ?? 0) > 0,
    );
    expect(cluster.status('a')).toBe('PREPARE');
    socket.destroy();
    await until('the load is aborted', () => cluster.status('a') === 'ABORTED');
    expect(cluster.ships.count).toBe(0);
  });

  it('is committed by the end of a chunked body, even if the client goes then (§1)', async () => {
    await using cluster = await startHarbour();
    const reached = signal();
    const released = signal();
    cluster.doris.faults.holdBeforeCommit = {
      times: 1,
      reached: reached.give,
      until: released.given,
    };
    const { expect: _, ...recipe } = RECIPE;
    const socket = open(cluster.be);
    socket.write(
      head(`PUT ${LOAD}`, {
        authorization: AUTHORIZATION,
        ...recipe,
        label: 'a',
        'transfer-encoding': 'chunked',
      }),
    );
    socket.write(`${TWO_ROWS.length.toString(16)}\r\n${TWO_ROWS}\r\n0\r\n\r\n`);
    await reached.given;
    expect(cluster.status('a')).toBe('PREPARE');
    socket.destroy();
    await once(socket, 'close');
    released.give();
    await until('the load is visible', () => cluster.status('a') === 'VISIBLE');
    expect(cluster.ships.count).toBe(2);
  });

  it.each([
    ['D24', ''],
    ['D26', ', status [PRECOMMITTED]'],
  ] as const)('meets a label of %s that is used (§3)', async (generation, tail) => {
    await using cluster = await startHarbour({ generation });
    const { doris } = cluster;
    const first = replyOf(await load(doris, TWO_ROWS, { label: 'a', two_phase_commit: 'true' }));
    const again = await load(doris, TWO_ROWS, { label: 'a' });
    expect(again.continued).toBe(false);
    const fields = replyOf(again);
    expect(fields).toMatchObject({
      TxnId: -1,
      Status: 'Label Already Exists',
      ExistingJobStatus: 'PRECOMMITTED',
      Message: `[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = Label [a] has already been used, relate to txn [${first['TxnId']}]${tail}.`,
    });
    expect(Object.keys(fields).slice(4, 7)).toEqual(['Status', 'ExistingJobStatus', 'Message']);
    await endPhase(doris, { txn_operation: 'commit', label: 'a' });
    expect(replyOf(await load(doris, '', { label: 'a' }))['ExistingJobStatus']).toBe('FINISHED');
    const of = { database: 'harbour', table: 'ships', timeoutMs: 60_000 };
    doris.transactions.begin({ ...of, label: 'b' });
    expect(replyOf(await load(doris, '', { label: 'b' }))['ExistingJobStatus']).toBe('RUNNING');
  });

  it('fails for a table that is dropped meanwhile', async () => {
    await using cluster = await startHarbour();
    const { doris } = cluster;
    async function* body() {
      yield Buffer.from(TWO_ROWS);
      await until('the rows have arrived', () => (doris.requests[0]?.bodyBytes ?? 0) > 0);
      doris.catalogue.databases.get('harbour')?.delete('ships');
    }
    expect(replyOf(await load(doris, body(), { label: 'a' }))['Status']).toBe('Fail');
    expect(cluster.status('a')).toBe('ABORTED');
  });

  it('fails for a label that is aborted meanwhile (§4)', async () => {
    await using cluster = await startHarbour();
    const { doris } = cluster;
    async function* body() {
      yield Buffer.from(TWO_ROWS);
      await endPhase(doris, { txn_operation: 'abort', label: 'a' });
    }
    const reply = replyOf(await load(doris, body(), { label: 'a' }));
    expect(reply['Status']).toBe('Fail');
    expect(reply['Message']).toContain('is already aborted. abort reason: ');
    expect(cluster.ships.count).toBe(0);
  });

  it('reads gzip, and compresses its reply for those who can read that (§2, §3)', async () => {
    await using cluster = await startHarbour();
    const plain = await load(cluster.doris, gzipSync(TWO_ROWS), { compress_type: 'gz' });
    expect(replyOf(plain)).toMatchObject({ Status: 'Success', NumberLoadedRows: 2 });
    const broken = await load(cluster.doris, TWO_ROWS, { compress_type: 'gz' });
    expect(broken.status).toBe(501);
    const bytes = Buffer.from(TWO_ROWS);
    const socket = open(cluster.be);
    const pieces: Buffer[] = [];
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    const { expect: _, ...recipe } = RECIPE;
    const headers = { authorization: AUTHORIZATION, ...recipe, 'accept-encoding': 'gzip, br' };
    const length = { 'content-length': String(bytes.length), connection: 'close' };
    socket.write(head(`PUT ${LOAD}`, { ...headers, ...length }) + TWO_ROWS);
    await once(socket, 'close');
    const answer = Buffer.concat(pieces);
    const start = answer.indexOf('\r\n\r\n') + 4;
    expect(answer.subarray(0, start).toString()).toContain('Content-Encoding: gzip');
    expect(gunzipSync(answer.subarray(start)).toString()).toContain('"Status": "Success"');
  });

  it('answers what it does not know with 501, and commits nothing', async () => {
    await using cluster = await startHarbour();
    const { doris } = cluster;
    const unknown: Record<string, string>[] = [
      { format: 'json' },
      { columns: 'id, name, x = id' },
      { columns: 'id, name, surplus' },
      { columns: 'id, name, ID' },
      { merge_type: 'MERGE', delete: 'gone=1' },
      { where: 'id > 1' },
      { skip_lines: '1' },
      { compress_type: 'lz4' },
      { escape: '"' },
      { group_commit: 'sync_mode' },
      { line_delimiter: ';' },
      { strictmode: 'true' },
    ];
    for (const headers of unknown) {
      const reply = await load(doris, TWO_ROWS, headers);
      expect([reply.status, reply.continued, headers]).toEqual([501, false, headers]);
    }
    const unfinished = await load(doris, '"1","An', { label: 'a' });
    expect(unfinished.status).toBe(501);
    expect(cluster.status('a')).toBe('ABORTED');
    expect(cluster.ships.count).toBe(0);
  });
});

describe('the rows of a load', () => {
  it('go to the columns that are named, in the order of the file (§2)', async () => {
    await using cluster = await startHarbour();
    const columns = { columns: '`built`, ID' };
    expect(replyOf(await load(cluster.doris, '\\N,"7"\n', columns))['Status']).toBe('Success');
    expect([...cluster.ships.rows()]).toEqual([[7n, null, null]]);
  });

  it('are filtered with a reason in the log, and fail the load (§3)', async () => {
    await using cluster = await startHarbour();
    const bad = '"x","a",\\N\n"2","b"\n"3","c",\\N,\\N\n\\N,"c",\\N\n"4","\xff",\\N\n';
    const body = Buffer.from(TWO_ROWS + bad, 'latin1');
    const reply = replyOf(await load(cluster.doris, body, { label: 'a' }));
    expect(reply).toMatchObject({
      Status: 'Fail',
      Message: '[DATA_QUALITY_ERROR]too many filtered rows',
      NumberTotalRows: 7,
      NumberLoadedRows: 0,
      NumberFilteredRows: 5,
    });
    expect(cluster.status('a')).toBe('ABORTED');
    const url = String(reply['ErrorURL']);
    expect(url).toMatch(/\/api\/_load_error_log\?file=__shard_\d+\/error_log_insert_stmt_\w+$/);
    expect(url.startsWith(cluster.be)).toBe(true);
    const log = await send('GET', url);
    expect(log.text.split('\n')).toEqual([
      'Reason: column(id) value is incorrect while strict mode is true, src value is x. src line ["x","a",\\N]; ',
      'Reason: Column count mismatch: expected 3, but found 2 (sep:, delim:\\n encl:" esc:\\). src line ["2","b"]; ',
      'Reason: Column count mismatch: expected 3, but found 4 (sep:, delim:\\n encl:" esc:\\). src line ["3","c",\\N,\\N]; ',
      'Reason: column(id) values is null while columns is not nullable. src line [\\N,"c",\\N]; ',
      'Reason: Invalid file encoding: all CSV files must be UTF-8 encoded. src line ["4","\u{FFFD}",\\N]; ',
      '',
    ]);
  });

  it('are read no further once the load has failed, but the client may send them', async () => {
    await using cluster = await startHarbour();
    const { doris } = cluster;
    doris.faults.memoryLimit = { times: 1 };
    const { expect: _, ...recipe } = RECIPE;
    const rows = TWO_ROWS.repeat(100_000);
    const length = { 'content-length': String(rows.length) };
    const first = head(`PUT ${LOAD}`, { authorization: AUTHORIZATION, ...recipe, ...length });
    const next = head('GET /api/health', { connection: 'close' });
    const { text, reset } = await transcript(cluster.be, first + rows + next);
    expect(text).toContain('[MEM_LIMIT_EXCEEDED]');
    expect(text).toMatch(/"OK"\}$/);
    expect(reset).toBe(false);
    expect(doris.requests[0]?.bodyBytes).toBeLessThan(rows.length);
  });

  it('may be filtered up to a ratio (§2)', async () => {
    await using cluster = await startHarbour();
    const body = `${TWO_ROWS}"x","a",\\N\n`;
    const ratio = { max_filter_ratio: '0.34' };
    const reply = replyOf(await load(cluster.doris, body, ratio));
    expect(reply).toMatchObject({
      Status: 'Success',
      NumberTotalRows: 3,
      NumberLoadedRows: 2,
      NumberFilteredRows: 1,
    });
    expect(reply).toHaveProperty('ErrorURL');
    const less = { max_filter_ratio: '0.33' };
    expect(replyOf(await load(cluster.doris, body, less))['Status']).toBe('Fail');
    const all = { max_filter_ratio: '1' };
    const none = replyOf(await load(cluster.doris, '"x","a",\\N\n'.repeat(60), all));
    expect(none).toMatchObject({ Status: 'Success', NumberFilteredRows: 60 });
    const log = await send('GET', String(none['ErrorURL']));
    expect(log.text.match(/Reason/g)).toHaveLength(50);
  });

  it('are logged up to the fiftieth that is bad, then the load stops (§3)', async () => {
    await using cluster = await startHarbour();
    const bad = '"x","a",\\N\n';
    const fifty = replyOf(await load(cluster.doris, bad.repeat(50)));
    expect(fifty['Message']).toBe('[DATA_QUALITY_ERROR]too many filtered rows');
    const more = replyOf(await load(cluster.doris, bad.repeat(10_000)));
    expect(more['Message']).toContain(
      '[DATA_QUALITY_ERROR]Encountered unqualified data, stop processing',
    );
    const log = await send('GET', String(more['ErrorURL']));
    expect(log.text.match(/Reason/g)).toHaveLength(50);
  });

  it('lose what is wrong in them without strict_mode (§2)', async () => {
    await using cluster = await startHarbour();
    const { strict_mode: _, ...recipe } = RECIPE;
    const headers = { ...recipe, 'transfer-encoding': 'chunked' };
    const body = `"1","${'x'.repeat(21)}","yesterday"\n`;
    const reply = await send('PUT', cluster.be + LOAD, { headers, body });
    expect(replyOf(reply)).toMatchObject({ Status: 'Success', NumberFilteredRows: 0 });
    expect([...cluster.ships.rows()]).toEqual([[1n, 'x'.repeat(20), null]]);
  });

  it('replace and delete by key (§2)', async () => {
    await using cluster = await startHarbour();
    const { doris, ships } = cluster;
    const stored = () => [...ships.rows()].map(([id]) => id);
    const rows = (...ids: number[]) => ids.map((id) => `"${id}","a",\\N\n`).join('');
    const marked = (...marks: [number, number][]) =>
      marks.map(([id, mark]) => `"${id}","b",\\N,"${mark}"\n`).join('');
    const statusOf = async (body: string, headers: Record<string, string>) =>
      replyOf(await load(doris, body, headers))['Status'];
    expect(await statusOf(rows(1, 2, 3, 4, 5), {})).toBe('Success');
    expect(await statusOf(rows(1), { merge_type: 'DELETE' })).toBe('Success');
    expect(stored()).toEqual([2n, 3n, 4n, 5n]);
    const hidden = { hidden_columns: '__DORIS_DELETE_SIGN__' };
    expect(await statusOf(marked([2, 1], [3, 0]), hidden)).toBe('Success');
    expect(stored()).toEqual([3n, 4n, 5n]);
    const named = { columns: 'id, name, built, `__DORIS_DELETE_SIGN__`' };
    expect(await statusOf(marked([3, 1], [6, 0]), named)).toBe('Success');
    expect(stored()).toEqual([4n, 5n, 6n]);
    const merge = { merge_type: 'MERGE', delete: '`gone` = 1', columns: 'id, name, built, gone' };
    expect(await statusOf(marked([4, 1], [7, 0]), merge)).toBe('Success');
    expect(stored()).toEqual([5n, 6n, 7n]);
    expect((await load(doris, marked([5, 2]), hidden)).status).toBe(501);
  });

  it('are not merged into a table without a unique key (§2)', async () => {
    await using cluster = await startHarbour({ model: 'DUPLICATE' });
    const merge = { merge_type: 'MERGE', delete: 'gone=1', columns: 'id, name, built, gone' };
    expect(replyOf(await load(cluster.doris, '', merge))['Status']).toBe('Fail');
    const named = { columns: 'id, name, built, __DORIS_DELETE_SIGN__' };
    expect(replyOf(await load(cluster.doris, '', named))['Status']).toBe('Fail');
    for (const _ of [1, 2]) await load(cluster.doris, TWO_ROWS);
    expect(cluster.ships.count).toBe(4);
  });
});

describe('two phases (§4)', () => {
  it('are committed by id, and visible a little later', async () => {
    await using cluster = await startHarbour();
    const { doris, ships } = cluster;
    const twoPhase = { label: 'a', two_phase_commit: 'true' };
    const reply = replyOf(await load(doris, TWO_ROWS, twoPhase));
    expect(reply).toMatchObject({ TwoPhaseCommit: 'true', Status: 'Success', NumberLoadedRows: 2 });
    expect([cluster.status('a'), ships.count]).toEqual(['PRECOMMITTED', 0]);
    const txn_id = String(reply['TxnId']);
    const released = signal();
    doris.faults.slowPublish = { times: 1, until: released.given };
    expect(await endPhase(doris, { txn_operation: 'commit', txn_id })).toEqual({
      status: 'Success',
      msg: `transaction [${txn_id}] commit successfully.`,
    });
    expect([cluster.status('a'), ships.count]).toEqual(['COMMITTED', 0]);
    released.give();
    await until('the rows are visible', () => cluster.status('a') === 'VISIBLE');
    expect(ships.count).toBe(2);
    expect(await endPhase(doris, { txn_operation: 'commit', txn_id })).toEqual({
      status: 'ANALYSIS_ERROR',
      msg: `TStatus: errCode = 2, detailMessage = transaction [${txn_id}] is already visible, not pre-committed.`,
    });
  });

  it('become visible by themselves', async () => {
    await using cluster = await startHarbour();
    await load(cluster.doris, TWO_ROWS, { label: 'a', two_phase_commit: 'true' });
    await endPhase(cluster.doris, { txn_operation: 'commit', label: 'a' });
    await until('the rows are visible', () => cluster.status('a') === 'VISIBLE');
  });

  it('are only asked for by the word true', async () => {
    await using cluster = await startHarbour();
    const reply = replyOf(await load(cluster.doris, TWO_ROWS, { two_phase_commit: 'True' }));
    expect(reply['TwoPhaseCommit']).toBe('false');
    expect(cluster.ships.count).toBe(2);
  });

  it('are aborted by label', async () => {
    await using cluster = await startHarbour();
    await load(cluster.doris, TWO_ROWS, { label: 'a', two_phase_commit: 'true' });
    const aborted = await endPhase(cluster.doris, { txn_operation: 'abort', label: 'a' });
    expect(aborted).toEqual({ status: 'Success', msg: 'label [a] abort successfully.' });
    expect([cluster.status('a'), cluster.ships.count]).toEqual(['ABORTED', 0]);
  });

  it('are not ended without the password', async () => {
    await using cluster = await startHarbour();
    await load(cluster.doris, TWO_ROWS, { label: 'a', two_phase_commit: 'true' });
    const headers = {
      txn_operation: 'commit',
      label: 'a',
      authorization: basic('root', 'wrong'),
    };
    expect((await endPhase(cluster.doris, headers))['status']).not.toBe('Success');
    expect(cluster.status('a')).toBe('PRECOMMITTED');
  });
});

it('tells that it is up (§1.3)', async () => {
  await using cluster = await startHarbour();
  const replies = await Promise.all([
    send('GET', cluster.be),
    send('GET', `${cluster.be}/api/health`),
  ]);
  expect(replies.map(({ status }) => status)).toEqual([200, 200]);
});
