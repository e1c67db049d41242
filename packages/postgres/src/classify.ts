import { DroverError, type ErrorCode, type JsonObject, Stopped } from '@drover/core';
import pg from 'pg';
import { networkErrorOf } from './network-error.ts';
import { identifier, qualifiedName } from './quoting.ts';
import { codeOfState, mayQuoteData } from './sqlstates.ts';

/**
 * Classifies what a driver threw, once, at this edge.
 * @param where names the side and the place, e.g. `source ships.example:5432/fleet`.
 * @param answerTimeoutMs how long an answer was waited for, where it was not for ever.
 */
export function classifyError(
  error: unknown,
  where: string,
  answerTimeoutMs?: number,
): DroverError | Stopped {
  if (error instanceof DroverError || error instanceof Stopped) return error;
  if (error instanceof pg.DatabaseError) return classifyServerError(error, where);
  const network = networkErrorOf(error, answerTimeoutMs);
  if (network !== null) {
    const { code, said, ...hint } = network;
    return new DroverError(code, { message: `${where}: ${said}.`, ...hint, cause: error });
  }
  const kind = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
  return new DroverError('UNKNOWN', { message: `${where}: ${kind}`, cause: error });
}

function classifyServerError(error: pg.DatabaseError, where: string): DroverError {
  const { code: state } = error;
  if (state === undefined) {
    const message = `${where}: what came from there is not the protocol of Postgres.`;
    return new DroverError('CONNECTION_LOST', { message, cause: error });
  }
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
  return new DroverError(codeOf(state, error), {
    message: `${where}: ${whatWasSaid(state, error)} (SQLSTATE ${state})`,
    context: names,
    cause: error,
  });
}

function codeOf(state: string, error: pg.DatabaseError): ErrorCode {
  // "if not exists" looks before it leaps: of two that make the same at once, one breaks a catalogue's key.
  if (state === '23505' && error.schema === 'pg_catalog') return 'OBJECT_EXISTS';
  return codeOfState(state);
}

function whatWasSaid(state: string, error: pg.DatabaseError): string {
  // A function or a trigger may say what it likes, under any SQLSTATE.
  if (error.where?.includes('PL/') === true)
    return `a function or a trigger failed${placeOf(error)}`;
  return mayQuoteData(state) ? `the server refused a value${placeOf(error)}` : error.message;
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
