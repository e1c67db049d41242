import { lostConnection, type NetworkError, refusedTls, socketErrorOf } from '@drover/core';

/** node-postgres raises these without a code. Source: lib/client.js, lib/connection.js, pg-pool's index.js. */
const BROKEN =
  /^(?:Connection terminated|timeout expired$|timeout exceeded when trying to connect$|Received unexpected \w+ message from backend|Client has encountered a connection error|Client was closed and is not queryable|There was an error establishing an SSL connection$)/;
const NO_ANSWER = 'Query read timeout';
const NO_TLS = 'The server does not support SSL connections';

/**
 * @param answerTimeoutMs how long the answer was waited for, where it was not for ever.
 * @returns null for an error that is none of the network's.
 */
export function networkErrorOf(error: unknown, answerTimeoutMs?: number): NetworkError | null {
  if (!(error instanceof Error)) return null;
  if (error.message === NO_ANSWER) {
    const within = answerTimeoutMs === undefined ? 'in time' : `within ${answerTimeoutMs / 1000} s`;
    return { code: 'CONNECTION_LOST', said: `no answer ${within}: the connection was dropped` };
  }
  if (error.message === NO_TLS) return refusedTls('the server offers no TLS');
  // SCRAM, as far as this side sees it: no password was given, or the server cannot prove that it has it.
  if (error.message.startsWith('SASL: ')) {
    return { code: 'AUTHENTICATION_FAILED', said: error.message };
  }
  if ('code' in error && error.code === 'ERR_INVALID_URL') {
    return { code: 'FILE_INVALID', said: 'it cannot be read as an address' };
  }
  return socketErrorOf(error) ?? (BROKEN.test(error.message) ? lostConnection(error) : null);
}
