import type { Log } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import type { DorisAddress } from './address.ts';
import { Nodes } from './nodes.ts';
import { probeDoris } from './probe.ts';
import { openStatements } from './statements.ts';
import { dorisFixture, expectNoPassword, failureOf, PASSWORD } from './testing/doris-fixture.ts';

const stays = () => new AbortController().signal;
const ENVELOPE = {
  status: 'INTERNAL_ERROR',
  msg: `see http://root:${encodeURIComponent(PASSWORD)}@be:8040/api`,
};

/** A log that keeps all it is told. */
function keptLog(): { log: Log; lines: unknown[] } {
  const lines: unknown[] = [];
  const keep = (...line: unknown[]) => void lines.push(line);
  const log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log } as Log;
  return { log, lines };
}

describe.skipIf(inject('dorisUrl') !== null)('the password is in no error, whatever fails:', () => {
  test('a redirect to a host that is not there', async () => {
    const { log, lines } = keptLog();
    await using fixture = await dorisFixture({ log });
    fixture.doris.faults.wrongRedirectHost = { times: 9, host: '127.0.0.1:1' };
    const error = await failureOf(fixture.loader.load(fixture.request()));
    expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
    expectNoPassword([error, lines]);
    // The redirect did hold it.
    expect(fixture.doris.faults.wrongRedirectHost.times).toBe(7);
    expect(lines).toHaveLength(1);
  });

  test('a redirect that is no address', async () => {
    await using fixture = await dorisFixture({ address: { via: 'fe' } });
    fixture.doris.faults.wrongRedirectHost = { times: 1, host: 'a b:c' };
    const error = await failureOf(fixture.loader.load(fixture.request()));
    expectNoPassword(error);
    expect(fixture.doris.faults.wrongRedirectHost.times).toBe(0);
  });

  test.each(['redirect', 'backends', 'state', 'load', 'two-phase'] as const)(
    'an error that quotes an address with it, in the place of %s',
    async (place) => {
      const via = place === 'redirect' ? 'fe' : 'auto';
      await using fixture = await dorisFixture({ address: { via } });
      fixture.doris.faults.okEnvelope = { times: 1, place, body: { ...ENVELOPE, code: 500 } };
      const { loader, target } = fixture;
      const work = async () => {
        const { txnId } = await loader.load(fixture.request());
        await loader.state(target, stays());
        await loader.commit(target, txnId, stays());
      };
      const error = await failureOf(work());
      expect((error as Error).message).toContain('http://be:8040/api');
      expectNoPassword(error);
    },
  );

  test('a login that is refused, by statements and by HTTP', async () => {
    await using fixture = await dorisFixture({ address: { user: 'other' } });
    const statements = openStatements(fixture.address, { max: 1, timeoutSeconds: 5 });
    const errors = [
      await failureOf(statements.query('SELECT 1')),
      await failureOf(fixture.loader.load(fixture.request())),
      await failureOf(fixture.loader.state(fixture.target, stays())),
    ];
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
      expectNoPassword(error);
    }
    await statements.close();
  });

  test('an address that holds user and password, of a frontend and of a backend', async () => {
    const { log, lines } = keptLog();
    const there = `http://root:${encodeURIComponent(PASSWORD)}@127.0.0.1:1`;
    const address: DorisAddress = {
      fe: [there],
      be: [there],
      via: 'auto',
      queryPort: 1,
      user: 'root',
      password: PASSWORD,
      tls: false,
    };
    const nodes = new Nodes({ address, log, answerMs: 500 });
    const strict = new Nodes({ address: { ...address, via: 'be' }, log, answerMs: 500 });
    expect(await nodes.backends(stays())).toEqual([]);
    expectNoPassword([
      lines,
      await failureOf(nodes.ask('/api/backends', stays())),
      await failureOf(strict.backends(stays())),
      await probeDoris(address),
    ]);
    expect(lines).toHaveLength(1);
  });
});
