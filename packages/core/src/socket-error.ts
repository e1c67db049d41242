import type { ErrorCode } from './error-code.ts';

/** What went wrong on the way to a server, where the server itself said nothing. */
export interface NetworkError {
  readonly code: Extract<ErrorCode, 'CONNECTION_LOST' | 'AUTHENTICATION_FAILED' | 'FILE_INVALID'>;
  /** What happened, as a clause. */
  readonly said: string;
  readonly hint?: string;
}

/**
 * Of the operating system, of its resolver, and of Node's sockets and streams. Whatever `connect` fails
 * with is a lost connection as well.
 */
const SOCKET_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'EPROTO',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ERR_SOCKET_CLOSED',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** Verdicts of OpenSSL and of Node on the server's certificate. Source: `X509_V_ERR_` in Node's docs of tls. */
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_CERT_ALTNAME_FORMAT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * Words of OpenSSL's errors that a handshake ends with, in its codes and, where Node says only EPROTO, in
 * the text. Its other errors, such as a bad record, are a line that broke.
 */
const HANDSHAKE = /CERT|CIPHER|HANDSHAKE|KEY|PROTOCOL|UNKNOWN.CA|VERSION/i;

const TLS_HINT =
  'Check tls and tlsCaFile (in an address: sslmode and sslrootcert), that the certificate is valid and names this host, and that the server offers TLS; then `drover resume`.';

/**
 * What Node's sockets, TLS, DNS or streams, or the operating system below them, reported.
 * @returns null for an error that is none of theirs.
 */
export function socketErrorOf(error: unknown): NetworkError | null {
  if (!(error instanceof Error)) return null;
  const codes = codesOf(error);
  const tls = codes.find((code) => isOfTls(code, error));
  if (tls !== undefined) return refusedTls(`TLS could not be agreed on (${tls})`);
  const call = 'syscall' in error ? error.syscall : undefined;
  if (call === 'open') return refusedTls(`a file for TLS cannot be read (${codes.join(', ')})`);
  const broken = codes.filter((code) => SOCKET_CODES.has(code) || code.startsWith('ERR_SSL_'));
  return broken.length === 0 && call !== 'connect' ? null : lostConnection(error);
}

/** A connection that broke or could not be made, whatever the error looks like. */
export function lostConnection(error: Error): NetworkError {
  const codes = codesOf(error);
  const detail = codes.length === 0 ? error.message : codes.join(', ');
  return { code: 'CONNECTION_LOST', said: `the connection broke or could not be made (${detail})` };
}

function isOfTls(code: string, error: Error): boolean {
  if (CERTIFICATE_CODES.has(code) || code.startsWith('ERR_OSSL_')) return true;
  return (
    HANDSHAKE.test(code === 'EPROTO' ? error.message : code) && /^EPROTO$|^ERR_SSL_/.test(code)
  );
}

export function refusedTls(said: string): NetworkError {
  return { code: 'AUTHENTICATION_FAILED', said, hint: TLS_HINT };
}

/** Of the error and, where a host has several addresses, of the try at each of them; each code once. */
function codesOf(error: Error): readonly string[] {
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [];
  const theirs = inner.flatMap((one) => (one instanceof Error ? codesOf(one) : []));
  return [...new Set([...own, ...theirs])];
}
