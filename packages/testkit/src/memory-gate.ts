import type { Gate, Intent } from '@drover/core';

export interface MemoryGate extends Gate {
  readonly settled: Intent[];
}

/** A gate that lets everybody through and remembers what they settled. */
export function memoryGate(): MemoryGate {
  const settled: Intent[] = [];
  let last: Intent | null = null;
  return {
    settled,
    inTransaction: {
      async fence() {},
      async settle(_sql, receipt, rejects) {
        settled.push({ receipt, rejects });
      },
    },
    outside: {
      intent: async () => last,
      async mayCommit(intent) {
        last = intent;
      },
      async settle(done) {
        settled.push(done);
      },
    },
  };
}
