import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { knownSecrets } from './known-secrets.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-secrets-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const secretsOf = (fileText: string, text = fileText) =>
  knownSecrets({ file: join(folder, 'migration.yaml'), fileText, text });

describe('what must not be shown', () => {
  // Mutations in known-secrets.ts: without each of the three parts of `isMeant`, without `passwordsIn`.
  test('is every value of the .env, whether the file refers to it or not', () => {
    writeFileSync(join(folder, '.env'), 'ONE=first one\nTWO="second one"\n');
    expect(secretsOf('a: ${ONE}')).toEqual(expect.arrayContaining(['first one', 'second one']));
  });

  test('is what the file refers to in the environment of the process, and nothing else of that', () => {
    vi.stubEnv('ONE', 'first one');
    vi.stubEnv('TWO', 'second one');
    const secrets = secretsOf('broken: [ ${ONE}');
    expect(secrets).toContain('first one');
    expect(secrets).not.toContain('second one');
  });

  test('is what a file refers to that an earlier run froze', () => {
    vi.stubEnv('ONE', 'first one');
    expect(secretsOf('a: b', 'run 1 froze\na: ${ONE}')).toContain('first one');
  });

  test('is what is called like a secret, though nothing refers to it: the driver may', () => {
    vi.stubEnv('PGPASSWORD', 'of the driver');
    expect(secretsOf('a: b')).toContain('of the driver');
  });

  test('is a password that stands in the file itself', () => {
    expect(secretsOf('a:\n  password: s3cret\n')).toContain('s3cret');
  });

  test('is the value in the .env as well as the one that hides it', () => {
    writeFileSync(join(folder, '.env'), 'ONE=of the file\n');
    vi.stubEnv('ONE', 'of the process');
    expect(secretsOf('a: b')).toEqual(expect.arrayContaining(['of the file', 'of the process']));
  });
});

describe('what may be shown', () => {
  // Mutation: without `isPlace`.
  test.each([
    ['PGHOST', 'db1.example.org'],
    ['DB_HOSTNAME', 'db1'],
    ['PORT', '5432'],
    ['PGUSER', 'drover'],
    ['DB_USERNAME', 'drover'],
    ['PGDATABASE', 'ships'],
  ])('is where something is and who logs in: %s=%s', (name, value) => {
    writeFileSync(join(folder, '.env'), `${name}=${value}\n`);
    expect(secretsOf(`a: \${${name}}`)).not.toContain(value);
  });

  // Mutations: without PLAIN, without the beginning of PLACE, without `isSecretKey` in `isPlace`.
  test.each([
    ['PGHOST', 'postgres://u:s3cret@h'],
    ['PASSPORT', 'number-4711'],
    ['PASSWORD_USER', 'of-the-user'],
    ['DATABASE_URL', 'somewhere'],
  ])('is not all that is called like it: %s=%s', (name, value) => {
    writeFileSync(join(folder, '.env'), `${name}=${value}\n`);
    expect(secretsOf('a: b')).toContain(value);
  });

  // Mutation: without FOLDERS.
  test.each(['PWD', 'OLDPWD'])('is the folder that the shell calls %s', (name) => {
    vi.stubEnv(name, '/home/of/somebody');
    expect(secretsOf('a: b')).not.toContain('/home/of/somebody');
  });

  test('is not a user name that is the password, too', () => {
    writeFileSync(join(folder, '.env'), 'PGUSER=drover\nPGPASSWORD=drover\n');
    expect(secretsOf('a: b')).toContain('drover');
  });
});
