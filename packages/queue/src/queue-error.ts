import { DroverError, type ErrorCode } from '@drover/core';
import pg from 'pg';

interface Classified {
  readonly code: ErrorCode;
  /** Where the code's own is too general. */
  readonly hint?: string;
}

const REFUSED_LOGIN: Classified = {
  code: 'AUTHENTICATION_FAILED',
  hint: 'Check user and password in queue.url, and in Redis what that user may do (`acl getuser`); then `drover resume`.',
};
const unavailable = (hint: string): Classified => ({ code: 'QUEUE_UNAVAILABLE', hint });

/** The words that Redis begins its refusals with. */
const REFUSALS: Readonly<Record<string, Classified>> = {
  NOAUTH: REFUSED_LOGIN,
  WRONGPASS: REFUSED_LOGIN,
  NOPERM: REFUSED_LOGIN,
  DENIED: REFUSED_LOGIN,
  OOM: unavailable(
    'Redis is full: raise maxmemory, or free memory (with maxmemory-policy noeviction).',
  ),
  MISCONF: unavailable(
    "Redis cannot save to its disk: free space there, or look at Redis' own log.",
  ),
  READONLY: unavailable('queue.url leads to a replica: let it lead to the primary.'),
  MASTERDOWN: unavailable(
    'queue.url leads to a replica that lost its primary: let it lead to the primary.',
  ),
  LOADING: unavailable('Redis reads its data from disk: wait; Drover goes on by itself.'),
  BUSY: unavailable('A script blocks Redis: wait for it, or end it with `script kill`.'),
  CLUSTERDOWN: unavailable('The cluster lacks nodes or slots: see `cluster info`.'),
};

/** What a script is refused stands further in, before Redis 7: `ERR Error running script (...): -OOM command ...`. */
const REFUSAL = new RegExp(`(?:^|[-:] ?)(${Object.keys(REFUSALS).join('|')}) `);

/** A right that a script lacks is ERR to Redis 7, in these words up to 7.0 and from 7.2. */
const SCRIPT_WITHOUT_RIGHT = /user executing the script can't|ACL failure in script/;

/** Redis repeats the arguments of a command that it does not know: those of a login are secret. */
const ARGUMENTS = /,? with args beginning with:.*/s;

/**
 * Takes off an error of ioredis what must not be shown: the command that it hangs on it, which for the
 * login carries the password, and arguments that Redis repeats.
 */
export function withoutCommand(error: unknown): void {
  if (!(error instanceof Error)) return;
  if ('command' in error) delete error.command;
  if (!ARGUMENTS.test(error.message)) return;
  error.message = error.message.replace(ARGUMENTS, '');
  error.stack = `${error.name}: ${error.message}`;
}

/**
 * Classifies what a driver of the queue threw, once, at this edge. The message says what the server said:
 * jobs hold ids, so there is no data that it could quote.
 * @param what what could not be done, as a clause.
 */
export function queueError(error: unknown, what: string): DroverError {
  if (error instanceof DroverError) return error;
  withoutCommand(error);
  const reason = reasonOf(error);
  const { code, ...hint } =
    error instanceof pg.DatabaseError ? refusalBy(error.code ?? '') : refusalIn(reason);
  return new DroverError(code, {
    message: `Queue: ${what}: ${reason}`,
    ...hint,
    cause: error,
  });
}

function refusalIn(said: string): Classified {
  if (SCRIPT_WITHOUT_RIGHT.test(said)) return REFUSED_LOGIN;
  return REFUSALS[REFUSAL.exec(said)?.[1] ?? ''] ?? { code: 'QUEUE_UNAVAILABLE' };
}

/** Of the Postgres that carries the queue: what waiting does not mend. */
function refusalBy(state: string): Classified {
  if (state.startsWith('28')) return { code: 'AUTHENTICATION_FAILED' };
  if (state === '42501') return { code: 'PERMISSION_DENIED' };
  return { code: state === '3D000' ? 'DATABASE_MISSING' : 'QUEUE_UNAVAILABLE' };
}

/** An error of a host with several addresses has no text of its own. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error.message;
}
