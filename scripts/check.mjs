// Format, lint and boundaries, types, dead code, documentation: each step is run, and each is counted.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name, path) => [process.execPath, [`node_modules/${name}/${path}`]];

const STEPS = [
  ['format and style', ...bin('@biomejs/biome', 'bin/biome'), ['ci', '--error-on-warnings', '.']],
  [
    'lint and boundaries',
    ...bin('oxlint', 'bin/oxlint'),
    ['--config=oxlint.config.mjs', '--type-aware', '--deny-warnings'],
  ],
  ['types of the tests', ...bin('typescript', 'bin/tsc'), ['-p', 'tsconfig.tests.json']],
  ['dead code', ...bin('knip', 'bin/knip.js'), ['--no-progress']],
  ['generated documentation', process.execPath, ['scripts/docs.mjs'], ['--check']],
];

/** @returns how many steps passed and failed. */
export function check() {
  const counts = { passed: 0, failed: 0 };
  for (const [name, command, before, args] of STEPS) {
    const { status, stdout, stderr } = spawnSync(command, [...before, ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    const passed = status === 0;
    counts[passed ? 'passed' : 'failed'] += 1;
    process.stdout.write(`${passed ? 'passed' : 'FAILED'}  ${name}\n`);
    if (!passed) process.stdout.write(`${stdout}${stderr}\n`);
  }
  return counts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = check().failed === 0 ? 0 : 1;
}
