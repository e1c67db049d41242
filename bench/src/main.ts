import { type Result, resultTable } from './measure.ts';
import { benchOneChunk } from './one-chunk.ts';

const BENCHES = { chunk: benchOneChunk };

const wanted = process.argv.slice(2);
const results: Result[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  results.push(...(await bench()));
}
process.stdout.write(`\n${resultTable(results)}\n`);
process.exitCode = results.every((result) => result.met) ? 0 : 1;
