import type { Json, LogFields } from '@drover/core';

/** Keys whose values never reach a log, should somebody pass them by mistake. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'url', 'connection', 'uri']);

const CENSORED = '[secret]';

/** The fields with what stands under a secret key replaced, however deep: a whole file may be passed. */
export function withoutSecrets(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, censor(key, value)]),
  );
}

function censor(key: string, value: Json | undefined): Json | undefined {
  if (SECRET_KEYS.has(key.toLowerCase())) return CENSORED;
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
