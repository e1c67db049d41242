import { type DeadLetters, deadLetterKey, type Ledger } from '@drover/core';

/** More parked chunks than this are not shown in the queue: the ledger has them all. */
const MIRRORED = 10_000;

/** Makes the dead-letter queue show the parked chunks of a migration, no more and no fewer. */
export async function mirrorDeadLetters(
  ledger: Ledger,
  deadLetters: DeadLetters,
  migrationId: string,
): Promise<void> {
  const parked = await ledger.parkedIds({ migrationId, limit: MIRRORED });
  const known = await deadLetters.known();
  const wanted = new Set(parked.map(deadLetterKey));
  const missing = parked.filter((one) => !known.has(deadLetterKey(one)));
  const gone = [...known].filter((key) => !wanted.has(key));
  if (missing.length > 0) await deadLetters.add(missing);
  if (gone.length > 0) await deadLetters.remove(gone);
}
