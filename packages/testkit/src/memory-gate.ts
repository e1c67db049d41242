import type { Gate, Receipt, Reject } from '@drover/core';

export interface MemoryGate extends Gate {
  readonly settled: { readonly receipt: Receipt; readonly rejects: readonly Reject[] }[];
}

/** A gate that lets everybody through and remembers what they settled. */
export function memoryGate(): MemoryGate {
  const settled: { receipt: Receipt; rejects: readonly Reject[] }[] = [];
  return {
    kind: 'inTransaction',
    settled,
    async fence() {},
    async settle(_sql, receipt, rejects) {
      settled.push({ receipt, rejects });
    },
  };
}
