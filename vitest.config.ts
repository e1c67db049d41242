import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const conditions = ['development'];

export default defineConfig({
  // Tests run from source: no build is needed to run one file.
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{apps,packages}/*/src/**/*.test.ts', 'chaos/src/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/vitest-setup.ts'],
    // Tests wait more than they work: with one file at a time half of a small machine would idle.
    maxWorkers: Math.max(2, Math.ceil(availableParallelism() / 2)),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['{apps,packages}/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', 'packages/testkit/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 80 },
    },
  },
});
