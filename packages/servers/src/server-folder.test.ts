import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createServerFolder } from './server-folder.ts';
import { serverUser } from './server-user.ts';
import { exists } from './testing/probes.ts';

test('the folder belongs to the user of the server, to him alone, until it is removed', async () => {
  const user = await serverUser();
  const folder = await createServerFolder('drover-test-', user);
  const { uid, mode } = await stat(folder.path);
  expect(uid).toBe(user?.uid ?? process.getuid?.());
  expect(mode & 0o777).toBe(0o700);
  await folder.remove();
  expect(await exists(folder.path)).toBe(false);
  await folder.remove();
});

test('removing the folder does not touch a process that is no longer watched', async () => {
  const folder = await createServerFolder('drover-test-', null);
  const bystander = spawn('sleep', ['60']);
  await once(bystander, 'spawn');
  folder.watch(bystander.pid ?? null);
  folder.watch(null);
  await folder.remove();
  expect(bystander.exitCode).toBeNull();
  expect(bystander.signalCode).toBeNull();
  bystander.kill();
});
