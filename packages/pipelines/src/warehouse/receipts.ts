import { addTallies, EMPTY_RECEIPT, type Receipt } from '@drover/core';

/** The sum of what was done in one snapshot. */
export function addReceipts(receipts: readonly Receipt[]): Receipt {
  return receipts.reduce(
    (sum, one) => ({
      ...addTallies(sum, one),
      bytesRead: sum.bytesRead + one.bytesRead,
      bytesWritten: sum.bytesWritten + one.bytesWritten,
      parts: [],
      sourceSnapshot: one.sourceSnapshot,
    }),
    EMPTY_RECEIPT,
  );
}
