import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pivotRowsInJavaScript } from './rows-in-javascript.ts';

type Order = Parameters<typeof pivotRowsInJavaScript>;

/** Pivots rows as objects in a process of its own, with the heap that Node gives it. */
export async function pivotRowsInProcess(...order: Order): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), { execArgv: [] });
  child.send(order);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the process of the rows ended with ${code}`);
}

// As the program of that process.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (order: Order) => {
    void pivotRowsInJavaScript(...order).then(() => process.disconnect());
  });
}
