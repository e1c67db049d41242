import { describe, expect, it } from 'vitest';
import { startHarbour } from './testing/cluster.ts';
import { AUTHORIZATION, basic, head, open, send, transcript } from './testing/http-client.ts';

const LOAD = '/api/harbour/ships/_stream_load';
const EXPECT = { expect: '100-continue', 'content-length': '0' };

describe('the frontend', () => {
  it('sends a load on to the backends in turn, with the password and a question mark (§1.1)', async () => {
    await using cluster = await startHarbour({ backends: 2, password: 'a@b/c ä%' });
    const { doris } = cluster;
    const locations: unknown[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const reply = await send('PUT', doris.feUrl + LOAD, {
        headers: { ...EXPECT, authorization: basic('root', 'a@b/c ä%') },
      });
      expect([reply.status, reply.continued, reply.text]).toEqual([307, false, '']);
      locations.push(reply.headers.location);
    }
    const [first, second] = doris.beUrls.map(
      (url) => `${url.replace('//', '//root:a%40b%2Fc%20%C3%A4%25@')}${LOAD}?`,
    );
    expect(new Set(locations)).toEqual(new Set([first, second]));
    expect(locations[0]).toBe(locations[2]);
  });

  it('demands the header Expect, whatever it says (§1)', async () => {
    await using cluster = await startHarbour();
    const url = cluster.doris.feUrl + LOAD;
    const without = await send('PUT', url, { headers: { 'content-length': '0' } });
    expect(without.status).toBe(200);
    expect(without.text).toBe('{"status":"FAILED","msg":"There is no 100-continue header"}');
    const other = await send('PUT', url, {
      headers: { expect: 'the best', 'content-length': '0' },
    });
    expect(other.status).toBe(307);
  });

  it('answers a wrong password with HTTP 200 and a code 401 (§1.1)', async () => {
    await using cluster = await startHarbour();
    for (const authorization of [basic('root', 'wrong'), basic('other', 'secret'), 'Bearer x']) {
      const reply = await send('PUT', cluster.doris.feUrl + LOAD, {
        headers: { ...EXPECT, authorization },
      });
      expect(reply.status).toBe(200);
      expect(JSON.parse(reply.text)).toMatchObject({ msg: 'Unauthorized', code: 401, count: 0 });
      expect(reply.text).toContain('Access denied');
    }
  });

  it('cuts the password at the first colon (§1)', async () => {
    await using cluster = await startHarbour({ password: 'a:b' });
    const reply = await send('PUT', cluster.doris.feUrl + LOAD, {
      headers: { ...EXPECT, authorization: basic('root', 'a:b') },
    });
    expect(reply.status).toBe(307);
  });

  it('redirects at once and resets the connection where a body follows (§1.1)', async () => {
    await using cluster = await startHarbour();
    const { doris } = cluster;
    const request = head(`PUT ${LOAD}`, {
      authorization: AUTHORIZATION,
      expect: '100-continue',
      'transfer-encoding': 'chunked',
    });
    const socket = open(doris.feUrl);
    const reply = await new Promise<string>((resolve) => {
      socket.once('data', (piece: Buffer) => resolve(piece.toString()));
      socket.write(request);
    });
    expect(reply).toMatch(/^HTTP\/1.1 307 /);
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
      socket.once('error', resolve);
      socket.write('1\r\nx\r\n');
    });
    expect(error.code).toBe('ECONNRESET');
    expect(doris.requests.map(({ bodyBytes }) => bodyBytes)).toEqual([1]);
  });

  it('loses the redirect to the reset where a test wants that', async () => {
    await using cluster = await startHarbour();
    cluster.doris.faults.resetOnBodyAtFrontend = { times: 1 };
    const request = head(`PUT ${LOAD}`, {
      authorization: AUTHORIZATION,
      expect: '100-continue',
      'transfer-encoding': 'chunked',
    });
    const lost = await transcript(cluster.doris.feUrl, `${request}1\r\nx\r\n`);
    expect(lost).toEqual({ text: '', reset: true });
  });

  it('lists the backends (§1.3)', async () => {
    await using cluster = await startHarbour({ backends: 2 });
    const { doris } = cluster;
    const list = async (query: string) => {
      const { text } = await send('GET', `${doris.feUrl}/api/backends${query}`);
      return JSON.parse(text) as { data: { backends: { http_port: number; is_alive: boolean }[] } };
    };
    const [first, second] = doris.beUrls.map((url) => Number(new URL(url).port));
    const backend = (http_port: number | undefined, is_alive = true) => ({
      ip: '127.0.0.1',
      http_port,
      is_alive,
    });
    expect(await list('?is_alive=true')).toEqual({
      msg: 'success',
      code: 0,
      data: { backends: [backend(first), backend(second)] },
      count: 0,
    });
    await doris.stopBackend(0, { listed: false });
    expect((await list('?is_alive=true')).data.backends).toEqual([backend(second)]);
    expect((await list('')).data.backends).toEqual([backend(first, false), backend(second)]);
  });

  it('says that there is no backend left (§1.1)', async () => {
    await using cluster = await startHarbour();
    await cluster.doris.stopBackend(0, { listed: false });
    const reply = await send('PUT', cluster.doris.feUrl + LOAD, { headers: EXPECT });
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toEqual({
      status: 'FAILED',
      msg: 'No backend load available.',
    });
  });

  it('tells the state of a label, UNKNOWN where it has none (§4)', async () => {
    await using cluster = await startHarbour();
    const { doris } = cluster;
    const ask = async (path: string) => (await send('GET', `${doris.feUrl}/api/${path}`)).text;
    expect(await ask('harbour/get_load_state?label=a')).toBe(
      '{"msg":"success","code":0,"data":"UNKNOWN","count":0}',
    );
    const of = { database: 'harbour', table: 'ships', timeoutMs: 60_000 };
    const first = doris.transactions.begin({ ...of, label: 'a' });
    doris.transactions.abort(first, 'for fun');
    expect(await ask('harbour/get_load_state?label=a')).toContain('"data":"ABORTED"');
    doris.transactions.begin({ ...of, label: 'a' });
    expect(await ask('harbour/get_load_state?label=a')).toContain('"data":"PREPARE"');
    expect(await ask('sea/get_load_state?label=a')).toContain('"code":1');
  });

  it('redirects the end of two phases without Expect (§4)', async () => {
    await using cluster = await startHarbour();
    for (const path of ['/api/harbour/_stream_load_2pc', '/api/harbour/ships/_stream_load_2pc']) {
      const reply = await send('PUT', cluster.doris.feUrl + path, {
        headers: { 'content-length': '0' },
      });
      expect(reply.status).toBe(307);
      expect(reply.headers.location).toBe(`${cluster.be.replace('//', '//root:secret@')}${path}?`);
    }
  });

  it('refuses group_commit together with a label (§2)', async () => {
    await using cluster = await startHarbour();
    const reply = await send('PUT', cluster.doris.feUrl + LOAD, {
      headers: { ...EXPECT, group_commit: 'async_mode', label: 'a' },
    });
    expect(JSON.parse(reply.text)).toMatchObject({ status: 'FAILED' });
  });

  it('answers what it does not know with 501', async () => {
    await using cluster = await startHarbour();
    const { doris } = cluster;
    const replies = await Promise.all([
      send('GET', `${doris.feUrl}/api/bootstrap`),
      send('PUT', doris.feUrl + LOAD, { headers: { ...EXPECT, stric_mode: 'true' } }),
      send('PUT', doris.feUrl + LOAD, { headers: { ...EXPECT, partial_columns: 'true' } }),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([501, 501, 501]);
  });

  it('records requests without the password', async () => {
    await using cluster = await startHarbour();
    await send('PUT', cluster.doris.feUrl + LOAD, { headers: { ...EXPECT, label: 'a' } });
    const [record] = cluster.doris.requests;
    expect(record).toMatchObject({ server: 'frontend', method: 'PUT', path: LOAD });
    expect(record?.headers['label']).toBe('a');
    expect(JSON.stringify(record)).not.toContain(AUTHORIZATION);
  });
});
