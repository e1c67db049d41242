import { type ConnectionSpec, hintsAtOutage, type Outage } from '@drover/core';
import { Session } from './session.ts';

const PROBE_TIMEOUT_MS = 5_000;

/**
 * Asks a server, on a new connection, whether it is there.
 * @returns null where it answers, also where it answers with a refusal that waiting does not mend.
 */
export async function probeServer(spec: ConnectionSpec, store: string): Promise<Outage | null> {
  try {
    await using session = await Session.open(spec, {
      side: store,
      applicationName: 'drover probe',
      connectTimeoutMs: PROBE_TIMEOUT_MS,
    });
    await session.query('select 1');
    return null;
  } catch (error) {
    if (!hintsAtOutage(error)) return null;
    return { store, code: error.code, reason: error.message };
  }
}
