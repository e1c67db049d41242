import { dirname } from 'node:path';
import { readVariables, referencesIn, type Variable } from '@drover/config';
import { isSecretKey, passwordsIn } from '@drover/telemetry';

/** How variables are called that say where something is and who logs in: that may be known. */
const PLACE = /(?:^|_|PG)(?:HOST(?:NAME)?|PORT|USER(?:NAME)?|DATABASE|DBNAME)$/i;

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
  const references = referencesIn(`${of.fileText}\n${of.text}`);
  const isMeant = ({ name, from }: Variable) =>
    from === '.env' || references.includes(name) || isSecretKey(name);
  const variables = readVariables(dirname(of.file)).filter(isMeant);
  return [
    ...variables.filter((one) => !isPlace(one)).map(({ value }) => value),
    ...passwordsIn(of.fileText),
  ];
}

function isPlace({ name, value }: Variable): boolean {
  return PLACE.test(name) && PLAIN.test(value) && !isSecretKey(name);
}
