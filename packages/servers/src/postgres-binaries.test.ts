import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Environment, readEnvironment } from './environment.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { serverUser } from './server-user.ts';
import { programFolder, testFolder } from './testing/folders.ts';

async function find(changes: Partial<Environment>) {
  const environment = { ...readEnvironment(), postgresFolder: undefined, ...changes };
  return findPostgresBinaries({ ...environment, postgresLink: 'local' }, await serverUser());
}

const answering = { initdb: '', postgres: 'echo "postgres (PostgreSQL) 16.4 (Debian 16.4-1)"' };
const broken = {
  initdb: '',
  postgres: 'echo "error while loading shared libraries" >&2; exit 127',
};

test('a folder that was asked for is taken, and its version is told', async () => {
  const folder = await programFolder(answering);
  expect(await find({ postgresFolder: folder })).toEqual({
    folder,
    origin: 'PostgreSQL 16.4, DROVER_POSTGRES_BIN',
  });
});

test('a folder that was asked for and lacks a program is an error that names both', async () => {
  const folder = await programFolder({ postgres: answering.postgres });
  const message = new RegExp(`DROVER_POSTGRES_BIN: ${folder} holds no initdb`);
  await expect(find({ postgresFolder: folder })).rejects.toThrow(message);
});

test('a folder that was asked for and is broken is an error that says how', async () => {
  const folder = await programFolder(broken);
  const message = `${join(folder, 'postgres')} --version failed: error while loading shared`;
  await expect(find({ postgresFolder: folder })).rejects.toThrow(message);
});

test('on the PATH, folders that hold only one program or a broken one are passed over', async () => {
  const searchPath = [
    await testFolder(),
    await programFolder({ initdb: '' }),
    await programFolder(broken),
    await programFolder(answering),
  ];
  expect((await find({ searchPath })).folder).toBe(searchPath[3]);
});
