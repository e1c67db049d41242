import type { Json } from '@drover/core';
import '@drover/worker/young-heap';
import { openPivot } from './ground.ts';
import { moveRange } from './moves.ts';

/** What the parent sends first: the migration file. Then one range after another, and null at the end. */
type Order = { readonly file: { readonly [key: string]: unknown } } | { readonly range: Json };

/** A program, started with `fork`: moves what it is told to, without queue and ledger, and asks for more. */
let pivot: Promise<Awaited<ReturnType<typeof openPivot>>> | undefined;

process.on('message', (order: Order) => void obey(order));
process.once('disconnect', () => process.exit());

async function obey(order: Order): Promise<void> {
  if ('file' in order) pivot = openPivot(order.file);
  else if (pivot !== undefined) await moveRange(await pivot, order.range);
  await pivot;
  process.send?.('next');
}
