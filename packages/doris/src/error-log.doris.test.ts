import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { describe, expect, inject, test } from 'vitest';
import { RowsRefused } from './loader.ts';
import { dorisFixture, failureOf } from './testing/doris-fixture.ts';

const LOG = 'Reason: why. src line ["1","one"]; \n';

async function listening(server: Server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A backend that refuses every load for its rows, and says that their log is there. */
function refusing(errorUrl: string) {
  const Message = '[DATA_QUALITY_ERROR]too many filtered rows';
  const reply = { TxnId: 1, Label: 'l', Status: 'Fail', Message, ErrorURL: errorUrl };
  const server = createServer((request, response) => {
    if (request.url === '/api/health') response.end('{}');
    else request.socket.destroy();
  });
  server.on('checkContinue', (_, response) => response.end(JSON.stringify(reply)));
  return listening(server);
}

describe.skipIf(inject('dorisUrl') !== null)('the log of refused rows', () => {
  test('in a store of files is fetched without the login', async () => {
    const logins: unknown[] = [];
    using store = await listening(
      createServer((request, response) => {
        logins.push(request.headers.authorization);
        response.end(LOG);
      }),
    );
    using backend = await refusing(`${store.url}/bucket/log?signature=x`);
    await using fixture = await dorisFixture({ address: { be: [backend.url], via: 'be' } });
    const error = await failureOf(fixture.loader.load(fixture.request()));
    expect((error as RowsRefused).rows).toEqual([{ reason: 'why', line: '"1","one"' }]);
    expect(logins).toEqual([undefined]);
  });

  test.each(['http://be:8040/api/_load_error_log?file=x', 'no address'])(
    'that cannot be read (%s) leaves it at that rows were refused',
    async (errorUrl) => {
      using backend = await refusing(errorUrl);
      await using fixture = await dorisFixture({ address: { be: [backend.url], via: 'be' } });
      const error = await failureOf(fixture.loader.load(fixture.request()));
      expect(error).toBeInstanceOf(RowsRefused);
      expect((error as RowsRefused).rows).toEqual([]);
    },
  );
});
