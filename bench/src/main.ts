// As the worker has it. What is compared with it in JavaScript runs in a process of its own.
import '@drover/worker/young-heap';
import { benchLatency } from './latency.ts';
import { describeMachine } from './machine.ts';
import { type Result, resultTable } from './measure.ts';
import { benchMemory } from './memory.ts';
import { benchMillion } from './million.ts';
import { benchOneChunk } from './one-chunk.ts';
import { benchShips } from './ships.ts';
import { benchSystem } from './system.ts';
import { benchVerify } from './verify.ts';
import { benchWarehouse, WAREHOUSE_BENCHES } from './warehouse.ts';

const BENCHES = new Map<string, () => Promise<Result[]>>([
  ['chunk', benchOneChunk],
  ['ships', benchShips],
  ['system', benchSystem],
  ['latency', benchLatency],
  ['memory', benchMemory],
  ['verify', benchVerify],
  ['million', benchMillion],
]);

process.exitCode = await run(process.argv.slice(2));

async function run(wanted: readonly string[]): Promise<number> {
  const known = [...BENCHES.keys(), 'warehouse', ...WAREHOUSE_BENCHES.keys()];
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const names = known.join(', ');
    process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are: ${names}\n`);
    return 2;
  }
  process.stdout.write(`${describeMachine()}\n`);
  const results: Result[] = [];
  for (const [name, bench] of BENCHES) {
    if (wanted.length === 0 || wanted.includes(name)) results.push(...(await bench()));
  }
  const ofWarehouse = wanted.filter((name) => !BENCHES.has(name));
  if (wanted.length === 0) results.push(...(await benchWarehouse(['warehouse'])));
  else if (ofWarehouse.length > 0) results.push(...(await benchWarehouse(ofWarehouse)));
  process.stdout.write(`\n${resultTable(results)}\n`);
  return results.every((result) => result.met) ? 0 : 1;
}
