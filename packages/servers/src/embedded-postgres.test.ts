import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyNative, isComplete } from './embedded-postgres.ts';
import { testFolder } from './testing/folders.ts';

/** A package as npm unpacks it when it runs no install scripts: links are listed, not made. */
async function packageWithoutLinks(): Promise<string> {
  const folder = await testFolder();
  const links = [
    { source: 'native/lib/libx.so.6.18', target: 'native/lib/libx.so.6' },
    { source: 'native/lib/libx.so.6.18', target: 'native/libx.so' },
  ];
  await mkdir(join(folder, 'native', 'lib'), { recursive: true });
  await writeFile(join(folder, 'native', 'lib', 'libx.so.6.18'), 'code');
  await writeFile(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  return folder;
}

test('the copy has the links that the package only lists; the package stays as it was', async () => {
  const source = await packageWithoutLinks();
  const copy = await testFolder();
  await copyNative(source, copy);
  expect(await readlink(join(copy, 'lib', 'libx.so.6'))).toBe('libx.so.6.18');
  expect(await readFile(join(copy, 'libx.so'), 'utf8')).toBe('code');
  expect(await readdir(join(source, 'native', 'lib'))).toEqual(['libx.so.6.18']);
});

test('links that the install script did make are no obstacle', async () => {
  const source = await packageWithoutLinks();
  const hydrated = await testFolder();
  await copyNative(source, join(hydrated, 'native'));
  const copy = await testFolder();
  await copyNative(hydrated, copy);
  expect(await isComplete(hydrated, copy)).toBe(true);
});

test('a copy that lacks a file or a link is not complete', async () => {
  const source = await packageWithoutLinks();
  for (const missing of ['lib/libx.so.6', 'lib/libx.so.6.18']) {
    const copy = await testFolder();
    await copyNative(source, copy);
    expect(await isComplete(source, copy)).toBe(true);
    await rm(join(copy, missing));
    expect(await isComplete(source, copy)).toBe(false);
  }
});
