import type { Session } from './session.ts';
import { refused } from './sql-error.ts';

type Rules = Pick<Session, 'generation' | 'isOn'>;

const MAX_TABLE_NAME = 64;

/** §7; `\p{L}` counts only with `enable_unicode_name_support`, as in labels (§2). */
const COLUMN = /^[.a-zA-Z0-9_+\-/?@#$%^&*"\s,:]{1,256}$/;
const UNICODE_COLUMN = /^[.a-zA-Z0-9_+\-/?@#$%^&*"\s,:\p{L}]{1,256}$/u;
const TABLE = { D24: /^[a-zA-Z][a-zA-Z0-9\-_]*$/, D26: /^[a-zA-Z0-9\-_$]+$/ } as const;
const UNICODE_TABLE = {
  D24: /^[a-zA-Z\p{L}][a-zA-Z0-9\-_\p{L}]*$/u,
  D26: /^[a-zA-Z0-9\-_$\p{L}]+$/u,
} as const;
/** Not in the description; the rule of names in general as documented for both generations. */
const DATABASE = /^[a-zA-Z][a-zA-Z0-9\-_]{0,63}$/;
const UNICODE_DATABASE = /^[a-zA-Z\p{L}][a-zA-Z0-9\-_\p{L}]{0,63}$/u;

export function checkColumnName(name: string, session: Rules): void {
  const rule = isUnicode(session) ? UNICODE_COLUMN : COLUMN;
  if (!rule.test(name)) {
    throw refused(`Incorrect column name '${name}'. Column regex is '${rule.source}'`, 1166);
  }
  if (name.toUpperCase().startsWith('__DORIS_')) {
    throw refused(
      `Incorrect column name '${name}': a column name cannot start with '__DORIS_'`,
      1166,
    );
  }
}

export function checkTableName(name: string, session: Rules): void {
  const rule = (isUnicode(session) ? UNICODE_TABLE : TABLE)[session.generation];
  if (!rule.test(name)) {
    throw refused(`Incorrect table name '${name}'. Table name regex is '${rule.source}'`, 1103);
  }
  if (name.length > MAX_TABLE_NAME) {
    throw refused(
      `Table name length exceeds limit, the length of table name '${name}' is ${name.length} which is greater than the configuration 'table_name_length_limit' (${MAX_TABLE_NAME}).`,
    );
  }
}

export function checkDatabaseName(name: string, session: Rules): void {
  const rule = isUnicode(session) ? UNICODE_DATABASE : DATABASE;
  if (!rule.test(name)) throw refused(`Incorrect database name '${name}'`, 1102);
}

function isUnicode(session: Rules): boolean {
  return session.isOn('enable_unicode_name_support');
}
