// What `npm run check` and `npm test` run, and one line that counts both.
import { check } from './check.mjs';
import { countLine, test } from './test.mjs';

const checks = check();
const tests = test();
const counts = {
  passed: checks.passed + tests.passed,
  failed: checks.failed + tests.failed,
  skipped: tests.skipped,
};
process.stdout.write(`${countLine(counts)}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
