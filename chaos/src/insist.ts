import { setTimeout as pause } from 'node:timers/promises';
import { DroverError, type ErrorCode } from '@drover/core';
import type { Database } from '@drover/postgres';

const AWAY: readonly ErrorCode[] = ['CONNECTION_LOST', 'SERVER_UNAVAILABLE'];
const LOOK_AGAIN_MS = 50;
const PATIENCE_MS = 60_000;

/**
 * The same database, asked until it answers: what looks on must not fall over the faults that it makes.
 * For statements that may be done twice.
 */
export function insistent(database: Database): Database {
  const insist = async <T>(work: () => Promise<T>): Promise<T> => {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const away = error instanceof DroverError && AWAY.includes(error.code);
        if (!away || Date.now() > deadline) throw error;
        await pause(LOOK_AGAIN_MS);
      }
    }
  };
  return {
    ...database,
    query: (text, values) => insist(() => database.query(text, values)),
    transaction: (work) => insist(() => database.transaction(work)),
  };
}
