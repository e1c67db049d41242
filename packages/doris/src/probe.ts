import { DroverError, hintsAtOutage, noLog, type Outage } from '@drover/core';
import type { DorisAddress } from './address.ts';
import { Nodes } from './nodes.ts';
import { openStatements } from './statements.ts';

const PROBE_MS = 5_000;

/** Asks, on new connections, whether a frontend and a backend are there. Never throws. */
export async function probeDoris(address: DorisAddress): Promise<Outage | null> {
  const signal = AbortSignal.timeout(2 * PROBE_MS);
  const statements = openStatements(address, { max: 1, timeoutSeconds: 5 });
  try {
    await statements.query('SELECT 1', signal);
    const nodes = new Nodes({ address, log: noLog, answerMs: PROBE_MS });
    await nodes.expectBackend(signal);
    return null;
  } catch (error) {
    if (hintsAtOutage(error)) return { store: 'target', code: error.code, reason: error.message };
    if (error instanceof DroverError || !signal.aborted) return null;
    const reason = `target: no answer within ${(2 * PROBE_MS) / 1000} s.`;
    return { store: 'target', code: 'CONNECTION_LOST', reason };
  } finally {
    await statements.close();
  }
}
