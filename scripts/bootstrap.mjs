// Runs a task of the repository on a machine that has nothing but Node: installs what the lockfile says
// where it is not installed, builds what is not built, and then does what was asked.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'node_modules', '.drover-lock');

const TASKS = {
  test: (args) => node('scripts/test.mjs', args),
  check: (args) => node('scripts/check.mjs', args),
  ci: (args) => node('scripts/ci.mjs', args),
  demo: (args) => drover(['demo', ...args]),
  'demo:warehouse': (args) => drover(['demo', 'warehouse', ...args]),
  drover,
  docs: (args) => node('scripts/docs.mjs', args),
  bench: (args) => node('bench/dist/main.js', args),
  chaos: (args) => node('chaos/dist/main.js', args),
};

const [task, ...taskArgs] = process.argv.slice(2);
if (!Object.hasOwn(TASKS, task ?? '')) {
  process.stderr.write(`bootstrap: choose one of ${Object.keys(TASKS).join(', ')}\n`);
  process.exit(2);
}
checkNode();
install();
build();
process.exit(TASKS[task](taskArgs));

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`Drover needs Node 20.19 or later; this is ${process.version}.\n`);
  process.exit(2);
}

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('Installing dependencies ...\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    shell: process.platform === 'win32',
  });
  writeFileSync(stamp, lock);
}

function build() {
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  run(process.execPath, [turbo, 'run', 'build', '--output-logs=errors-only'], {
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    quiet: true,
  });
}

function drover(args) {
  return node('apps/planner/dist/main.js', args, process.env.INIT_CWD ?? process.cwd());
}

function node(program, args, cwd = root) {
  const { status, signal } = spawnSync(process.execPath, [join(root, program), ...args], {
    cwd,
    stdio: 'inherit',
  });
  return signal === null ? (status ?? 1) : 130;
}

/** Ends this process where the command fails; shows its output then, or always where it is not quiet. */
function run(command, args, { quiet = false, ...options } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? 'pipe' : 'inherit',
    ...options,
  });
  if (result.status === 0) return;
  if (quiet) process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  process.stderr.write(`bootstrap: ${command} ${args.join(' ')} failed\n`);
  process.exit(1);
}
