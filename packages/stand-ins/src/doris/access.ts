import type { IncomingMessage } from 'node:http';

/** Who may use the stand-in. */
export interface Access {
  readonly user: string;
  readonly password: string;
}

/**
 * Looks at a request's Basic authorization, which is UTF-8 and cut at the first colon (§1).
 * @returns why the request is denied, null if it is not.
 */
export function denialOf({ headers }: IncomingMessage, access: Access): string | null {
  const [, encoded = ''] = /^Basic (\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  // A user's name has no colon, so the first one of the whole is the one that counts.
  if (given === `${access.user}:${access.password}`) return null;
  return `Access denied for user '${given.split(':', 1)[0]}'`;
}
