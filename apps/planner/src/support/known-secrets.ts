import { dirname } from 'node:path';
import { readVariables, referencesIn, type Variable } from '@drover/config';
import { isSecretKey, passwordsIn } from '@drover/telemetry';

/** How variables are called that say where something is and who logs in: that may be known. */
const PLACE = /(?:^|_|PG)(?:HOST(?:NAME)?|PORT|USER(?:NAME)?|DATABASE|DBNAME)$/i;

/** What a shell calls so is no password. */
const FOLDERS: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);

const PLAIN = /^[\w.-]+$/;

/**
 * The values that must not be shown: of every variable that the migration file or the text refers to, of
 * those in the `.env`, of those that are called like a secret, and passwords that stand in the file itself.
 * @param of.text what is to be shown, with files that earlier runs froze in it.
 */
export function knownSecrets(of: {
  readonly file: string;
  readonly fileText: string;
  readonly text: string;
}): readonly string[] {
  const variables = readVariables(dirname(of.file));
  const names = new Set([
    ...referencesIn(`${of.fileText}\n${of.text}`),
    ...variables.filter(({ from }) => from === '.env').map(({ name }) => name),
    ...variables.map(({ name }) => name).filter((name) => isSecretKey(name) && !FOLDERS.has(name)),
  ]);
  const meant = variables.filter((one) => names.has(one.name) && !isPlace(one));
  return [...meant.map(({ value }) => value), ...passwordsIn(of.fileText)];
}

function isPlace({ name, value }: Variable): boolean {
  return PLACE.test(name) && PLAIN.test(value) && !isSecretKey(name);
}
