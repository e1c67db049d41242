import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readVariables, referencesIn } from './variables.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-variables-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const valuesOf = (name: string) => readVariables(folder).filter((one) => one.name === name);

describe('the variables', () => {
  // Mutation: `{ ...parseEnv(...), ...process.env }` loses the value of the file.
  test('of the file and of the process are told apart, also where one hides the other', () => {
    writeFileSync(join(folder, '.env'), 'PW="of the file"\n');
    vi.stubEnv('PW', 'of the process');
    expect(valuesOf('PW')).toEqual([
      { name: 'PW', value: 'of the file', from: '.env' },
      { name: 'PW', value: 'of the process', from: 'environment' },
    ]);
  });

  test('are read from a file that is not UTF-8', () => {
    writeFileSync(join(folder, '.env'), Buffer.from('OTHER=gr\xf6\xdfe\nPW=s3cret\n', 'latin1'));
    expect(valuesOf('PW')).toMatchObject([{ value: 's3cret' }]);
  });

  // Mutation: without the catch in variables.ts.
  test('are those of the process alone where the file is missing, or is a folder', () => {
    vi.stubEnv('PW', 's3cret');
    expect(valuesOf('PW')).toMatchObject([{ from: 'environment' }]);
    mkdirSync(join(folder, '.env'));
    expect(valuesOf('PW')).toMatchObject([{ from: 'environment' }]);
  });
});

test.each([
  ['a: ${A}\nb: "x${B_2}y${A}"', ['A', 'B_2']],
  ['{{{ no: yaml at: all ${A', []],
  ['broken: [ ${A}', ['A']],
  ['$${A} ${not a name}', []],
])('the references of %j are %j', (text, names) => {
  expect(referencesIn(text)).toEqual(names);
});
