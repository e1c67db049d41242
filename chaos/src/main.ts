import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chaosTable } from './chaos-table.ts';
import { runChaos } from './run-chaos.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(randomInt(1, 1_000_000)) },
    faults: { type: 'string', default: '200' },
    minutes: { type: 'string', default: '25' },
    only: { type: 'string', default: '' },
    drover: { type: 'string' },
  },
});

process.exitCode = await run().catch((error: unknown) => {
  process.stderr.write(`chaos: ${error instanceof Error ? error.message : typeof error}\n`);
  return 1;
});

async function run(): Promise<number> {
  const [seed, faults, minutes] = [values.seed, values.faults, values.minutes].map(Number);
  if (!isCount(seed) || !isCount(faults) || !(Number(minutes) > 0)) {
    process.stderr.write('--seed and --faults take a whole number from 1, --minutes a number\n');
    return 2;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
  }
  const result = await runChaos({
    seed,
    faults,
    minutes: Number(minutes),
    only: values.only,
    ...(values.drover === undefined ? {} : { program: resolve(values.drover) }),
    signal: interrupted.signal,
    tell: (line) => process.stdout.write(`${line}\n`),
  });
  process.stdout.write(`\n${chaosTable(result)}\n`);
  return result.violations.length === 0 ? 0 : 1;
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}
