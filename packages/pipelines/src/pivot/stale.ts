/**
 * Whether a transaction had already happened for a snapshot. Source: the text form of txid_snapshot,
 * `xmin:xmax:list of those in progress`, and the rule of XidInMVCCSnapshot.
 */
export function visibleIn(snapshot: string, transaction: bigint): boolean {
  const [xmin, xmax, inProgress = ''] = snapshot.split(':');
  if (transaction < BigInt(xmin ?? 0)) return true;
  if (transaction >= BigInt(xmax ?? 0)) return false;
  return !inProgress.split(',').includes(transaction.toString());
}

/**
 * The 64-bit number of a transaction from the 32 bits that a row keeps, given a snapshot taken now: the
 * newest one with these bits that is not in the future.
 */
export function fullTransactionId(xmin: string, nowSnapshot: string): bigint {
  const next = BigInt(nowSnapshot.split(':')[1] ?? 0);
  const epoch = 1n << 32n;
  const candidate = (next / epoch) * epoch + BigInt(xmin);
  return candidate > next ? candidate - epoch : candidate;
}
