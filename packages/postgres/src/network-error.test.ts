import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { DroverError } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { classifyError } from './classify.ts';
import { openDatabase } from './database.ts';
import { Session } from './session.ts';

const SECRET = 'never-shown';

const coded = (code: string, more: object = {}) =>
  Object.assign(new Error(code), { code, ...more });

describe('an error of the network', () => {
  // Mutation: without one of them in SOCKET_CODES it is UNKNOWN.
  test.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'],
    ...['EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ENETRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL'],
    ...['EPROTO', 'ERR_SOCKET_CLOSED', 'ERR_SOCKET_CONNECTION_TIMEOUT', 'ERR_STREAM_DESTROYED'],
    ...['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_WRITE_AFTER_END'],
    // A line that broke in the middle of TLS, not two sides that cannot agree on it.
    ...['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'ERR_SSL_UNEXPECTED_EOF_WHILE_READING'],
  ])('%s is CONNECTION_LOST and named', (code) => {
    expect(classifyError(coded(code), 'source here')).toMatchObject({
      code: 'CONNECTION_LOST',
      message: `source here: the connection broke or could not be made (${code}).`,
    });
  });

  // Mutation: without `call !== 'connect'` they are UNKNOWN.
  test.each(['EACCES', 'ENOENT', 'EMFILE', 'EADDRNOTAVAIL'])(
    '%s of connecting is CONNECTION_LOST, of anything else nothing that is known here',
    (code) => {
      expect(classifyError(coded(code, { syscall: 'connect' }), 'x')).toMatchObject({
        code: 'CONNECTION_LOST',
      });
      expect(classifyError(coded(code, { syscall: 'mkdir' }), 'x')).toMatchObject({
        code: 'UNKNOWN',
      });
    },
  );

  // Mutation: without `theirs` in `codesOf` the first has no code at all.
  test('of a host with several addresses names what each of them answered', () => {
    const tries = [coded('ENETUNREACH'), coded('ECONNREFUSED'), coded('ECONNREFUSED')];
    const error = classifyError(new AggregateError(tries), 'target there');
    expect(error).toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('(ENETUNREACH, ECONNREFUSED)') as string,
    });
    const certificate = classifyError(
      new AggregateError([coded('ECONNREFUSED'), coded('CERT_HAS_EXPIRED')]),
      'target there',
    );
    expect(certificate).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });

  // Mutation: without one of them in CERTIFICATE_CODES it is UNKNOWN; without HANDSHAKE a lost connection.
  test.each([
    ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED'],
    ...[
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_NOT_YET_VALID',
    ],
    ...['UNABLE_TO_GET_ISSUER_CERT', 'CERT_SIGNATURE_FAILURE', 'CERT_REVOKED', 'CERT_UNTRUSTED'],
    ...['CERT_REJECTED', 'CERT_CHAIN_TOO_LONG', 'PATH_LENGTH_EXCEEDED', 'INVALID_CA'],
    ...['INVALID_PURPOSE', 'HOSTNAME_MISMATCH'],
    ...['ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_CERT_ALTNAME_FORMAT'],
    ...[
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
      'ERR_OSSL_PEM_NO_START_LINE',
    ],
    ...['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
    ...['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_NO_SHARED_CIPHER'],
  ])('%s is AUTHENTICATION_FAILED and sends to the TLS settings', (code) => {
    const error = classifyError(coded(code), 'source here');
    expect(error).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringContaining(code) as string,
      hint: expect.stringContaining('tlsCaFile') as string,
    });
  });

  // The texts are all there is to know these errors by. Each is looked for where it is raised from.
  test.each([
    ['pg', 'client.js', 'Connection terminated unexpectedly'],
    ['pg', 'client.js', 'Connection terminated'],
    ['pg', 'client.js', 'timeout expired'],
    ['pg', 'client.js', 'Query read timeout'],
    ['pg', 'client.js', 'Received unexpected dataRow message from backend.'],
    ['pg', 'client.js', 'Client has encountered a connection error and is not queryable'],
    ['pg', 'client.js', 'Client was closed and is not queryable'],
    ['pg', 'connection.js', 'There was an error establishing an SSL connection'],
    ['pg-pool', 'index.js', 'Connection terminated due to connection timeout'],
    ['pg-pool', 'index.js', 'timeout exceeded when trying to connect'],
  ])('of %s (%s) without a code, "%s", is CONNECTION_LOST', (library, file, text) => {
    expect(readFileSync(sourceOf(library, file), 'utf8')).toContain(`'${text}'`);
    expect(classifyError(new Error(text), 'x')).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  // Mutation: with `code` alone in `isOfTls` it is a lost connection, and tried again for ever.
  test('EPROTO is AUTHENTICATION_FAILED where OpenSSL speaks of the handshake', () => {
    const said =
      'write EPROTO 80:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:x.c:1:';
    const error = classifyError(Object.assign(new Error(said), { code: 'EPROTO' }), 'x');
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });

  test('is not seen in what only looks like one', () => {
    for (const error of [new Error('the Connection terminated'), new Error(''), 'ECONNREFUSED']) {
      expect(classifyError(error, 'x')).toMatchObject({ code: 'UNKNOWN' });
    }
  });
});

describe('a session with a server that', () => {
  const E = Buffer.from('E');
  /** AuthenticationSASL with the one mechanism there is, then whatever: without a password it ends there. */
  const scram = [authentication(10, 'SCRAM-SHA-256\0\0'), authentication(11, 'r=x,s=eA==,i=4096')];

  test.each([
    [
      'hangs up on the login',
      'disable',
      [],
      'CONNECTION_LOST',
      /Connection terminated unexpectedly/,
    ],
    ['is none of Postgres', 'disable', ['?\0\0\0\x04'], 'CONNECTION_LOST', /not the protocol/],
    ['wants a password where none is given', 'disable', scram, 'AUTHENTICATION_FAILED', /password/],
    // Mutation: without NO_TLS it is UNKNOWN.
    ['offers no TLS', 'require', ['N'], 'AUTHENTICATION_FAILED', /offers no TLS/],
    ['cannot take the connection on', 'require', [E], 'CONNECTION_LOST', /SSL connection/],
    ['says yes to TLS and speaks none', 'require', ['S', 'what?'], 'AUTHENTICATION_FAILED', /TLS/],
  ] as const)('%s (tls: %s)', async (_what, tls, answers, code, message) => {
    await using server = await serverThatAnswers(answers);
    const error = await failureOf(
      Session.open(
        { host: '127.0.0.1', port: server.port, database: 'd', user: SECRET, tls },
        { side: 'source', applicationName: 'x' },
      ),
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(error.message).toContain(`source 127.0.0.1:${server.port}/d: `);
  });

  // Mutation: with the client made outside of `try` in session.ts the file system's own error comes out; with
  // `readFileSync` alone in client.ts it comes out of `openDatabase`.
  test.each([
    { host: 'h', port: 1, database: 'd', user: 'u', tls: 'verify-full', tlsCaFile: '/no/ca.pem' },
    `postgres://u:${SECRET}@h/d?sslrootcert=/no/ca.pem&sslmode=verify-full`,
  ] as const)(
    'would be asked for with a file that is not there is AUTHENTICATION_FAILED (%#)',
    async (spec) => {
      const options = { side: 'source', applicationName: 'x', max: 1 };
      const ways = [
        () => Session.open(spec, options),
        async () => openDatabase(spec, options).query('select 1'),
        async () => openDatabase(spec, options).transaction(async () => undefined),
      ];
      for (const way of ways) {
        expect(await failureOf(way())).toMatchObject({
          code: 'AUTHENTICATION_FAILED',
          message: expect.stringContaining('a file for TLS cannot be read (ENOENT)') as string,
        });
      }
    },
  );

  test('has no address is FILE_INVALID, without the password', async () => {
    const address = `postgres://u:${SECRET}@host:port/d`;
    const error = await failureOf(Session.open(address, { side: 'source', applicationName: 'x' }));
    expect(error.code).toBe('FILE_INVALID');
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET);
  });
});

function sourceOf(library: string, file: string): string {
  const pg = createRequire(import.meta.url).resolve('pg');
  const main = library === 'pg' ? pg : createRequire(pg).resolve(library);
  return new URL(file, `file://${main}`).pathname;
}

function authentication(kind: number, rest: string): Buffer {
  const body = Buffer.from(`R....,,,,${rest}`);
  body.writeUInt32BE(body.length - 1, 1);
  body.writeUInt32BE(kind, 5);
  return body;
}

/** Answers each thing it is sent with the next of the answers, and hangs up when it has none left. */
async function serverThatAnswers(answers: readonly (string | Buffer)[]) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const left = [...answers];
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', () => {
      const answer = left.shift();
      if (answer === undefined) socket.destroy();
      else socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function failureOf(work: Promise<unknown>): Promise<DroverError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DroverError))
    throw new Error('It did not fail as it should.', { cause: error });
  return error;
}
