import type { Json, LogFields } from '@drover/core';
import { isSecretKey } from './secret-patterns.ts';
import { MARK, textWithoutSecrets } from './text-without-secrets.ts';

/** Keys, besides the telling ones, whose values never reach a log, should somebody pass them by mistake. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['url', 'connection', 'uri', 'dsn']);

/**
 * The fields with what stands under a secret key replaced, however deep: a whole file may be passed. Texts
 * under other keys lose what looks like a secret in them.
 */
export function withoutSecrets(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, censor(key, value)]),
  );
}

function censor(key: string, value: Json | undefined): Json | undefined {
  if (SECRET_KEYS.has(key.toLowerCase()) || isSecretKey(key)) return MARK;
  if (typeof value === 'string') return textWithoutSecrets(value);
  if (isList(value)) return value.map((item) => censor('', item) ?? null);
  // An error or a date keeps its own form.
  if (value === null || typeof value !== 'object' || !isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([inner, item]) => [inner, censor(inner, item) ?? null]),
  );
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
