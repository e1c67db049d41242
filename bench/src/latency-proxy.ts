import { startTcpProxy } from '@drover/testkit';

/**
 * A program, started with `fork`: stands between its parent and a server, so that the line's work is done
 * in a process of its own. Takes the server's address and the latency each way; answers with its own address.
 */
process.once('message', (order: { url: string; latencyMs: number }) => void stand(order));
process.once('disconnect', () => process.exit());

async function stand({ url, latencyMs }: { url: string; latencyMs: number }): Promise<void> {
  const proxy = await startTcpProxy(url);
  proxy.delay(latencyMs);
  process.send?.(proxy.url);
}
