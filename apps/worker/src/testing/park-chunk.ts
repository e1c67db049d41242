import { randomUUID } from 'node:crypto';
import type { Drover } from '../open-drover.ts';

/** Parks a chunk that is queued, as an attempt that failed for good does. */
export async function parkChunk(
  { ledger, host }: Drover,
  runId: number,
  chunkId: number,
): Promise<void> {
  const key = { chunkId, token: randomUUID() };
  const claim = await ledger.claim({
    ...key,
    runId,
    delivery: 1,
    applicationName: `drover r${runId} c${chunkId} ${key.token.slice(0, 13)}`,
    workerId: 'test',
    host: host.name,
    pid: host.pid,
  });
  if (!claim.won) throw new Error(`chunk ${chunkId} is ${claim.chunkState}`);
  await ledger.release({
    ...key,
    errorCode: 'TABLE_LIMIT',
    errorText: 'too wide',
    reason: 'parked',
    rows: 0,
    bytes: 0,
    event: 'park',
  });
}
