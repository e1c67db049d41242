import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { cacheFolder, keepInCache } from './cache-folder.ts';
import { readEnvironment } from './environment.ts';
import { serverUser } from './server-user.ts';
import { testFolder } from './testing/folders.ts';
import { exists } from './testing/probes.ts';

const holdsAll = async (folder: string) =>
  (await exists(join(folder, 'one'))) && (await exists(join(folder, 'two')));

const fillAll = async (folder: string) => {
  await writeFile(join(folder, 'one'), '1', { mode: 0o600 });
  await writeFile(join(folder, 'two'), '2', { mode: 0o700 });
};

test('a folder is filled once, and everybody may read it', async () => {
  const folder = join(await testFolder(), 'kept');
  const fill = vi.fn(fillAll);
  await keepInCache(folder, holdsAll, fill);
  await keepInCache(folder, holdsAll, fill);
  expect(fill).toHaveBeenCalledTimes(1);
  expect((await stat(folder)).mode & 0o777).toBe(0o755);
  expect((await stat(join(folder, 'one'))).mode & 0o044).toBe(0o044);
  expect((await stat(join(folder, 'two'))).mode & 0o055).toBe(0o055);
});

test('several at once end with one whole folder and leave nothing beside it', async () => {
  const parent = await testFolder();
  const folder = join(parent, 'kept');
  await Promise.all(Array.from({ length: 8 }, () => keepInCache(folder, holdsAll, fillAll)));
  expect(await readdir(parent)).toEqual(['kept']);
  expect(await readFile(join(folder, 'two'), 'utf8')).toBe('2');
});

test('a damaged folder is replaced', async () => {
  const parent = await testFolder();
  const folder = join(parent, 'kept');
  await keepInCache(folder, holdsAll, fillAll);
  await rm(join(folder, 'two'));
  await keepInCache(folder, holdsAll, fillAll);
  expect(await holdsAll(folder)).toBe(true);
  expect(await readdir(parent)).toEqual(['kept']);
});

test('a filling that fails, or is not enough, leaves nothing', async () => {
  const parent = await testFolder();
  const folder = join(parent, 'kept');
  const failing = keepInCache(folder, holdsAll, async () =>
    Promise.reject(new Error('no network')),
  );
  await expect(failing).rejects.toThrow('no network');
  await expect(keepInCache(folder, holdsAll, async () => {})).rejects.toThrow('does not work');
  expect(await readdir(parent)).toEqual([]);
});

test('a cache that others may write is not taken', async () => {
  const cacheHome = await testFolder();
  const environment = { ...readEnvironment(), cacheHome };
  expect(await cacheFolder(environment, await serverUser())).toBe(join(cacheHome, 'drover'));
  await chmod(join(cacheHome, 'drover'), 0o777);
  expect(await cacheFolder(environment, await serverUser())).toMatch(/drover-\d+-cache$/);
});

test('a cache that the user of the servers cannot enter is not taken', async () => {
  const cacheHome = join(await testFolder(), 'home');
  await mkdir(cacheHome, { mode: 0o700 });
  const environment = { ...readEnvironment(), cacheHome };
  const stranger = { uid: 4_000_000, gid: 4_000_000 };
  expect(await cacheFolder(environment, stranger)).toMatch(/drover-\d+-cache$/);
  expect(await readdir(cacheHome)).toEqual([]);
});
