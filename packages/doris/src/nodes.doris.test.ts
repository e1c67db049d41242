import { type DroverError, noLog } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import { Nodes } from './nodes.ts';
import { dorisFixture, failureOf } from './testing/doris-fixture.ts';

const stays = () => new AbortController().signal;
const PATH = '/api/db/t/_stream_load';
const EXPECT = { Expect: '100-continue' };

describe.skipIf(inject('dorisUrl') !== null)('backends', () => {
  test('are those that the frontend lists and that answer, each in its turn', async () => {
    await using fixture = await dorisFixture({ backends: 3 });
    const firsts: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const [first = ''] = await fixture.nodes.backends(stays());
      firsts.push(first);
    }
    expect(firsts.sort()).toEqual([...fixture.doris.beUrls].sort());
  });

  test('that the frontend believes alive and that are gone are left out', async () => {
    await using fixture = await dorisFixture({ backends: 2 });
    await fixture.doris.stopBackend(0, { listed: true });
    expect(await fixture.nodes.backends(stays())).toEqual([fixture.doris.beUrls[1]]);
  });

  test('that failed rest as long as there are others, and are a last resort', async () => {
    await using fixture = await dorisFixture({ backends: 2 });
    const [first = '', second = ''] = await fixture.nodes.backends(stays());
    fixture.nodes.avoid(first);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await fixture.nodes.backends(stays())).toEqual([second, first]);
    }
    fixture.nodes.avoid(second);
    expect([...(await fixture.nodes.backends(stays()))].sort()).toEqual([first, second].sort());
  });

  test('that the file names are taken in the place of those that the frontend lists', async () => {
    await using fixture = await dorisFixture();
    const { beUrls } = fixture.doris;
    fixture.doris.faults.wrongRedirectHost = { times: 9, host: '127.0.0.1:1' };
    const address = { ...fixture.address, be: beUrls };
    const nodes = new Nodes({ address, log: noLog, answerMs: 1_000 });
    expect(await nodes.backends(stays())).toEqual(beUrls);
    expect(fixture.doris.faults.wrongRedirectHost.times).toBe(9);
  });

  test('that cannot be reached from here leave the loads to a frontend, or are an outage, as the file says', async () => {
    await using fixture = await dorisFixture();
    fixture.doris.faults.wrongRedirectHost = { times: 2, host: '127.0.0.1:1' };
    expect(await fixture.nodes.backends(stays())).toEqual([]);
    expect(await fixture.nodes.redirect(PATH, EXPECT, stays())).toBe('http://127.0.0.1:1');
    expect(await fixture.nodes.redirect(PATH, EXPECT, stays())).toBe(fixture.doris.beUrls[0]);
    fixture.doris.faults.wrongRedirectHost = { times: 1, host: '127.0.0.1:1' };
    const strict = new Nodes({
      address: { ...fixture.address, via: 'be' },
      log: noLog,
      answerMs: 1_000,
    });
    const error = await failureOf(strict.backends(stays()));
    expect(error).toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    expect((error as DroverError).message).toContain('127.0.0.1:1');
    expect((error as DroverError).hint).toContain('target.be');
  });

  test('are not asked for where loads go through a frontend', async () => {
    await using fixture = await dorisFixture({ address: { via: 'fe' } });
    expect(await fixture.nodes.backends(stays())).toEqual([]);
    expect(fixture.doris.requests).toEqual([]);
  });

  test('of which none is alive are an outage', async () => {
    await using fixture = await dorisFixture();
    await fixture.doris.stopBackend(0, { listed: false });
    expect(await fixture.nodes.backends(stays())).toEqual([]);
    const error = await failureOf(fixture.nodes.redirect(PATH, EXPECT, stays()));
    expect(error).toMatchObject({ code: 'SERVER_UNAVAILABLE', policy: 'defer' });
  });
});

describe.skipIf(inject('dorisUrl') !== null)('a frontend', () => {
  test('that is away has another one asked, which is then asked first', async () => {
    await using fixture = await dorisFixture();
    const fe = ['http://127.0.0.1:1', fixture.doris.feUrl];
    const nodes = new Nodes({ address: { ...fixture.address, fe }, log: noLog, answerMs: 1_000 });
    const path = `/api/${fixture.target.database}/get_load_state?label=l`;
    expect((await nodes.askFrontend(path, { signal: stays() })).url).toBe(fixture.doris.feUrl);
    expect(await nodes.ask(path, stays())).toBe('UNKNOWN');
  });

  test('is told of as lost where none of them answers', async () => {
    await using fixture = await dorisFixture();
    const fe = ['http://127.0.0.1:1', 'http://127.0.0.1:2'];
    const nodes = new Nodes({ address: { ...fixture.address, fe }, log: noLog, answerMs: 1_000 });
    const error = await failureOf(nodes.ask('/api/backends', stays()));
    expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('that refuses the login says so with HTTP status 200', async () => {
    await using fixture = await dorisFixture({ address: { password: 'wrong' } });
    for (const asked of [
      fixture.nodes.backends(stays()),
      fixture.nodes.redirect(PATH, EXPECT, stays()),
    ]) {
      expect(await failureOf(asked)).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        policy: 'abort',
      });
    }
  });

  test('that names no address where a load goes is an error with what it says', async () => {
    await using fixture = await dorisFixture();
    fixture.doris.faults.okEnvelope = {
      times: 1,
      place: 'redirect',
      body: { status: 'FAILED', msg: 'There is no 100-continue header' },
    };
    const error = await failureOf(fixture.nodes.redirect(PATH, EXPECT, stays()));
    expect(error).toMatchObject({ code: 'UNKNOWN' });
    expect((error as Error).message).toContain('There is no 100-continue header');
  });
});
