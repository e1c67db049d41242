import { describe, expect, inject, test } from 'vitest';
import { probeDoris } from './probe.ts';
import { dorisFixture } from './testing/doris-fixture.ts';

describe.skipIf(inject('dorisUrl') !== null)('a probe', () => {
  test('finds nothing where frontend and backends are there', async () => {
    await using fixture = await dorisFixture();
    expect(await probeDoris(fixture.address)).toBeNull();
  });

  test('finds that statements, or the frontend, are away', async () => {
    await using fixture = await dorisFixture();
    const lost = { store: 'target', code: 'CONNECTION_LOST' };
    expect(await probeDoris({ ...fixture.address, queryPort: 1 })).toMatchObject(lost);
    expect(await probeDoris({ ...fixture.address, fe: ['http://127.0.0.1:1'] })).toMatchObject(
      lost,
    );
  });

  test('finds that no backend is alive', async () => {
    await using fixture = await dorisFixture();
    await fixture.doris.stopBackend(0, { listed: false });
    expect(await probeDoris(fixture.address)).toMatchObject({
      store: 'target',
      code: 'SERVER_UNAVAILABLE',
    });
  });

  test('finds that no backend answers, though the frontend believes it alive', async () => {
    await using fixture = await dorisFixture();
    await fixture.doris.stopBackend(0, { listed: true });
    expect(await probeDoris(fixture.address)).toMatchObject({
      store: 'target',
      code: 'SERVER_UNAVAILABLE',
    });
  });

  test('takes a refused login for no outage', async () => {
    await using fixture = await dorisFixture({ address: { password: 'wrong' } });
    expect(await probeDoris(fixture.address)).toBeNull();
  });
});
