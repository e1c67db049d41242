import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from './free-port.ts';
import { startLocalServer } from './local-server.ts';
import { createServerFolder } from './server-folder.ts';
import type { ServerPlan } from './server-process.ts';
import { accepts, exists } from './testing/probes.ts';

/** A server made of Node: it says what it listens on, or what went wrong, as real ones do. */
const script = `
  const server = require('node:net').createServer((socket) => socket.destroy());
  server.on('error', () => { console.error('bind: Address already in use'); process.exit(1); });
  server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('now ready'));
  if (process.argv[2] === 'deaf') process.on('SIGTERM', () => {});
`;

async function plan(changes: Partial<ServerPlan> = {}): Promise<ServerPlan> {
  return {
    name: 'Example',
    program: process.execPath,
    user: null,
    folder: await createServerFolder('drover-test-', null),
    readyText: 'now ready',
    endSignal: 'SIGTERM',
    forceSignal: 'SIGKILL',
    graceMs: 10_000,
    arguments: (port) => ['-e', script, `${port}`],
    ...changes,
  };
}

async function takenPort(): Promise<number> {
  const port = await freePort();
  const holder = createServer().listen(port, '127.0.0.1');
  await once(holder, 'listening');
  onTestFinished(() => void holder.close());
  return port;
}

const urlOf = (port: number) => `tcp://127.0.0.1:${port}`;

test('a port that somebody took meanwhile is given up for another', async () => {
  const ports = [await takenPort(), await takenPort(), await freePort()];
  const queue = [...ports];
  const server = await startLocalServer(await plan(), async () => queue.shift() ?? 0);
  expect(server.port).toBe(ports[2]);
  await server.stop();
});

test('after five taken ports it gives up, says so and cleans up', async () => {
  const port = await takenPort();
  const failing = await plan();
  let asked = 0;
  const choose = async () => {
    asked += 1;
    return port;
  };
  await expect(startLocalServer(failing, choose)).rejects.toThrow(/Example .*already in use/s);
  expect(asked).toBe(5);
  expect(await exists(failing.folder.path)).toBe(false);
});

test('a server that ends at once fails with its exit code and the end of its log', async () => {
  const failing = await plan({
    arguments: () => ['-e', 'console.error("bad setting: x"); process.exit(3)'],
  });
  const message = /did not start on port \d+: it ended with exit code 3.*bad setting: x/s;
  await expect(startLocalServer(failing)).rejects.toThrow(message);
  expect(await exists(failing.folder.path)).toBe(false);
});

test('a program that cannot be run is named', async () => {
  const failing = await plan({ program: '/nowhere/exampled' });
  await expect(startLocalServer(failing)).rejects.toThrow('Example (/nowhere/exampled)');
  expect(await exists(failing.folder.path)).toBe(false);
});

test('operations queue up: restarts called together, then a stop, leave nothing', async () => {
  const given = await plan();
  const server = await startLocalServer(given);
  const url = urlOf(server.port);
  const restarts = [server.restart(), server.restart('SIGKILL')];
  const stops = [server.stop(), server.stop()];
  await Promise.all([...restarts, ...stops]);
  expect(await accepts(url, '127.0.0.1')).toBe(false);
  expect(await exists(given.folder.path)).toBe(false);
  await expect(server.restart()).rejects.toThrow('this Example was stopped');
});

test('a server that does not listen to the request to end is forced', async () => {
  const deaf = (port: number) => ['-e', script, `${port}`, 'deaf'];
  const server = await startLocalServer(await plan({ arguments: deaf, graceMs: 200 }));
  await server.stop();
  expect(await accepts(urlOf(server.port), '127.0.0.1')).toBe(false);
});
