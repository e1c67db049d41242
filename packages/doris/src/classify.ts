import { DroverError, type ErrorCode, Stopped, socketErrorOf } from '@drover/core';

/**
 * What Doris says, in the order in which it is looked for: the first that is found decides. Its texts wrap one
 * another, so they are looked for anywhere. Versions 3.0 to 4.1.
 */
const SAYINGS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/-235\b|exceed limit: \d+.*reduce the frequency|TOO_MANY_VERSION/is, 'TARGET_BUSY'],
  [/current (running|committed) txns on .* larger than limit/is, 'TARGET_BUSY'],
  [/MEM_LIMIT_EXCEEDED|MEM_ALLOC_FAILED|memory (limit )?exceeded/i, 'TARGET_BUSY'],
  [/TOO_MANY_TASKS|too many (requests|connections)|Reach limit of connections/i, 'TARGET_BUSY'],
  [/write lock timeout|LOCK_TIMEOUT/i, 'LOCK_TIMEOUT'],
  [/SERVICE_UNAVAILABLE|FE Master heartbeat|not have FE Master/i, 'SERVER_UNAVAILABLE'],
  [
    /no (available )?backends?\b|NO_BACKEND|no scanNode backend|tablet.* no queryable/i,
    'SERVER_UNAVAILABLE',
  ],
  [
    /replica num(ber)? .*(less|not enough)|not enough (alive )?replica|lost all replica/i,
    'SERVER_UNAVAILABLE',
  ],
  [/no space left|DISK_REACH_CAPACITY_LIMIT|exceed limit usage/i, 'DISK_FULL'],
  [/Access denied|Unauthorized|PERMISSION_DENIED|denied to user/i, 'PERMISSION_DENIED'],
  [/Unknown database|DatabaseName.*not exist|unknown database/i, 'UNDEFINED_OBJECT'],
  [
    /(Unknown table|table .* (not exist|does not exist|not found)|unknown table)/i,
    'UNDEFINED_OBJECT',
  ],
  [/already exists/i, 'OBJECT_EXISTS'],
  [/unknown (reference )?column|Unknown column|has no default value/i, 'TABLE_CONFLICT'],
  [/DATA_QUALITY_ERROR|too many filtered rows|unqualified data/i, 'INVALID_VALUE'],
  [/TIMED?_?OUT|timeout/i, 'STATEMENT_TIMEOUT'],
  [
    /CANCELLED|cancelled|sender is gone|THRIFT_RPC_ERROR|RPC_ERROR|NETWORK_ERROR/i,
    'CONNECTION_LOST',
  ],
  [/NOT_IMPLEMENTED|unsupported|not support/i, 'UNSUPPORTED'],
];

/** The MySQL protocol's numbers that say more than the text. */
const ERRNOS: Readonly<Record<number, ErrorCode>> = {
  1040: 'TOO_MANY_CONNECTIONS',
  1044: 'PERMISSION_DENIED',
  1045: 'AUTHENTICATION_FAILED',
  1049: 'UNDEFINED_OBJECT',
  1050: 'OBJECT_EXISTS',
  1051: 'UNDEFINED_OBJECT',
  1054: 'TABLE_CONFLICT',
  1146: 'UNDEFINED_OBJECT',
  1226: 'TOO_MANY_CONNECTIONS',
  1227: 'PERMISSION_DENIED',
};

/** The code of what a server said, UNKNOWN where it says nothing that is known. */
export function codeOfSaying(text: string): ErrorCode {
  return SAYINGS.find(([saying]) => saying.test(text))?.[1] ?? 'UNKNOWN';
}

/**
 * Doris' texts without the values that they quote: what stands in brackets or quotes may be a row, names of
 * tables and columns can be left out without loss.
 */
export function withoutValues(text: string): string {
  return text
    .replaceAll(/(input str:|src value is|src line)[\s\S]*/gi, '$1 (left out)')
    .replaceAll(/(\w+:\/\/)[^\s/@]*@/g, '$1')
    .slice(0, 500);
}

/** What a server said, as an error. */
export function serverError(text: string, where: string, errno?: number): DroverError {
  const code = (errno === undefined ? undefined : ERRNOS[errno]) ?? codeOfSaying(text);
  return new DroverError(code, { message: `${where}: ${withoutValues(text)}` });
}

/** Classifies what a driver or a socket threw, once, at this edge. */
export function classifyError(error: unknown, where: string): DroverError | Stopped {
  if (error instanceof DroverError || error instanceof Stopped) return error;
  if (error instanceof Error && 'errno' in error && 'sqlState' in error) {
    const { errno } = error;
    if (typeof errno === 'number' && errno > 0) return serverError(error.message, where, errno);
  }
  const network = socketErrorOf(error);
  if (network !== null) {
    const { code, said, ...hint } = network;
    return new DroverError(code, { message: `${where}: ${said}.`, ...hint, cause: error });
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('PROTOCOL_')) {
    const message = `${where}: the connection broke (${String(error.code)}).`;
    return new DroverError('CONNECTION_LOST', { message, cause: error });
  }
  const kind = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
  return new DroverError('UNKNOWN', { message: `${where}: ${kind}`, cause: error });
}
