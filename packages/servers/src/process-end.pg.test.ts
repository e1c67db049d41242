import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { exists, isRunning } from './testing/probes.ts';

/** A program that starts a server, says so, and never stops it. */
const program = `
  import { startPostgres } from './built/index.js';
  const { dataDirectory } = await startPostgres();
  process.stdout.write(dataDirectory);
  const endings = {
    'by reaching its end': () => {},
    'by process.exit': () => process.exit(3),
    'by an uncaught error': () => { throw new Error('oops'); },
  };
  const ending = endings[process.argv[2]] ?? (() => setInterval(() => {}, 1000));
  process.stdin.once('data', () => { process.stdin.destroy(); ending(); });
`;

let folder: string;
const environment = { ...process.env, DROVER_TEST_POSTGRES_URL: '' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-test-'));
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const project = join(import.meta.dirname, '..');
  const options = ['--outDir', join(folder, 'built'), '--composite', 'false', '--incremental'];
  const compiler = join(dirname(typescript), 'bin', 'tsc');
  execFileSync(process.execPath, [
    compiler,
    '-p',
    project,
    ...options,
    'false',
    '--declaration',
    'false',
    '--declarationMap',
    'false',
  ]);
  await writeFile(join(folder, 'built', 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'program.mjs'), program);
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const endings = [
  'by reaching its end',
  'by process.exit',
  'by an uncaught error',
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGKILL',
] as const;

test.each(endings)(
  'a program that ends %s leaves no server',
  { timeout: 60_000 },
  async (ending) => {
    const running = spawn(process.execPath, [join(folder, 'program.mjs'), ending], {
      env: environment,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const exit = once(running, 'exit');
    const [dataDirectory] = (await once(running.stdout.setEncoding('utf8'), 'data')) as [string];
    const [pid] = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')).split('\n');
    expect(isRunning(Number(pid))).toBe(true);
    running.stdin.write('go on');
    if (ending.startsWith('SIG')) running.kill(ending as NodeJS.Signals);
    await exit;
    await vi.waitFor(
      async () => {
        expect(isRunning(Number(pid))).toBe(false);
        expect(await exists(dataDirectory)).toBe(false);
      },
      { timeout: 20_000, interval: 50 },
    );
  },
);
