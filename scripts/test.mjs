// All tests, or those that the arguments name; they are passed on to vitest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns how many tests passed, failed and were skipped. */
export function test(args = []) {
  const folder = mkdtempSync(join(tmpdir(), 'drover-test-'));
  const file = join(folder, 'result.json');
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${file}`,
        ...args,
      ],
      { cwd: root, stdio: 'inherit' },
    );
    const result = JSON.parse(readFileSync(file, 'utf8'));
    const failed = result.numFailedTests + result.testResults.filter(brokenFile).length;
    return {
      passed: result.numPassedTests,
      // A run that ended badly although no test failed (an unhandled error, say) is a failure.
      failed: failed === 0 && status !== 0 ? 1 : failed,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that failed before it had any test. */
function brokenFile(file) {
  return file.status === 'failed' && file.assertionResults.length === 0;
}

export function countLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const counts = test(process.argv.slice(2));
  process.stdout.write(`${countLine(counts)}\n`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}
