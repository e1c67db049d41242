import { DroverError, type ErrorCode, type JsonObject, Stopped } from '@drover/core';
import pg from 'pg';
import { identifier, qualifiedName } from './quoting.ts';

/** Exact SQLSTATEs first, then their class (the first two characters). */
const BY_STATE: Readonly<Record<string, ErrorCode>> = {
  '40001': 'SERIALIZATION',
  '40P01': 'DEADLOCK',
  '53100': 'DISK_FULL',
  '53200': 'OUT_OF_MEMORY',
  '53300': 'TOO_MANY_CONNECTIONS',
  '53400': 'TOO_MANY_CONNECTIONS',
  '54000': 'ROW_TOO_LARGE',
  '54011': 'TABLE_LIMIT',
  '55P03': 'LOCK_TIMEOUT',
  '57014': 'STATEMENT_TIMEOUT',
  '57P01': 'CONNECTION_LOST',
  '57P02': 'SERVER_UNAVAILABLE',
  '57P03': 'SERVER_UNAVAILABLE',
  '57P05': 'CONNECTION_LOST',
  '25006': 'READ_ONLY_SERVER',
  '25P03': 'CONNECTION_LOST',
  '42501': 'PERMISSION_DENIED',
  '42P01': 'UNDEFINED_OBJECT',
  '42703': 'UNDEFINED_OBJECT',
  '42883': 'UNDEFINED_OBJECT',
  '3F000': 'UNDEFINED_OBJECT',
  '3D000': 'DATABASE_MISSING',
};

const BY_CLASS: Readonly<Record<string, ErrorCode>> = {
  '08': 'CONNECTION_LOST',
  '22': 'INVALID_VALUE',
  '23': 'CONSTRAINT_VIOLATION',
  '28': 'AUTHENTICATION_FAILED',
};

/** Classes whose message can quote a value of a row; for them only names are passed on. */
const MAY_QUOTE_DATA = new Set(['22', '23', 'P0', '21']);

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNABORTED',
]);

/**
 * Classifies what a driver threw, once, at this edge.
 * @param where names the side and the place, e.g. `source ships.example:5432/fleet`.
 */
export function classifyError(error: unknown, where: string): DroverError | Stopped {
  if (error instanceof DroverError || error instanceof Stopped) return error;
  if (error instanceof pg.DatabaseError) return classifyServerError(error, where);
  if (isSocketError(error)) {
    const detail = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
    return new DroverError('CONNECTION_LOST', {
      message: `${where}: the connection broke or could not be made${detail}.`,
      cause: error,
    });
  }
  const kind = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
  return new DroverError('UNKNOWN', { message: `${where}: ${kind}`, cause: error });
}

function classifyServerError(error: pg.DatabaseError, where: string): DroverError {
  const state = error.code ?? '';
  const code = BY_STATE[state] ?? BY_CLASS[state.slice(0, 2)] ?? 'UNKNOWN';
  const names: JsonObject = Object.fromEntries(
    Object.entries({
      sqlstate: state,
      schema: error.schema,
      table: error.table,
      column: error.column,
      constraint: error.constraint,
      dataType: error.dataType,
    }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const said = MAY_QUOTE_DATA.has(state.slice(0, 2))
    ? `the server refused a value${placeOf(error)} (SQLSTATE ${state})`
    : `${error.message} (SQLSTATE ${state})`;
  return new DroverError(code, { message: `${where}: ${said}`, context: names, cause: error });
}

/** Names only: the server's own message may quote the value. */
function placeOf(error: pg.DatabaseError): string {
  const { schema, table, column, constraint } = error;
  const what = constraint === undefined ? '' : `constraint ${identifier(constraint)}`;
  const which = column === undefined ? what : `column ${identifier(column)}`;
  const where = schema === undefined || table === undefined ? '' : qualifiedName(schema, table);
  const place = [which, where].filter((name) => name !== '').join(' of ');
  return place === '' ? '' : ` by ${place}`;
}

function isSocketError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && SOCKET_CODES.has(error.code))
    return true;
  // node-postgres raises these without a code.
  return /Connection terminated|timeout expired|timeout exceeded when trying to connect|not queryable|Client was closed|does not support SSL/.test(
    error.message,
  );
}
