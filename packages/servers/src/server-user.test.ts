import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canReach, serverUser } from './server-user.ts';
import { testFolder } from './testing/folders.ts';

const stranger = { uid: 4_000_000, gid: 4_000_000 };

test('servers run as somebody else only under root', async () => {
  const user = await serverUser();
  if (process.getuid?.() === 0) expect(user?.uid).toBeGreaterThan(0);
  else expect(user).toBeNull();
});

test('a stranger reaches a program only if every folder above it lets him in', async () => {
  const folder = join(await testFolder(), 'inner');
  const program = join(folder, 'program');
  await mkdir(folder, { mode: 0o755 });
  await writeFile(program, '', { mode: 0o755 });
  expect(await canReach(stranger, program)).toBe(true);
  await chmod(folder, 0o700);
  expect(await canReach(stranger, program)).toBe(false);
});

test('a link is judged by what it points to', async () => {
  const folder = await testFolder();
  await mkdir(join(folder, 'private'), { mode: 0o700 });
  await writeFile(join(folder, 'private', 'program'), '', { mode: 0o755 });
  await symlink(join(folder, 'private', 'program'), join(folder, 'link'));
  expect(await canReach(stranger, join(folder, 'link'))).toBe(false);
});

test('what does not exist is out of reach for all', async () => {
  const missing = join(await testFolder(), 'missing');
  expect(await canReach(stranger, missing)).toBe(false);
  expect(await canReach(null, missing)).toBe(false);
});
