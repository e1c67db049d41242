import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65535);

const connectionParts = z.strictObject({
  host: z.string().min(1).describe('Host name, or the folder of a Unix socket.'),
  port: port.default(5432).describe('TCP port.'),
  database: z.string().min(1).describe('Database on that server.'),
  user: z.string().min(1).describe('Role to log in as.'),
  password: z
    .string()
    .optional()
    .describe('Never written out: a reference to a variable of the environment.'),
  tls: z
    .enum(['disable', 'require', 'verify-full'])
    .default('disable')
    .describe('require encrypts without checking the certificate; verify-full checks it.'),
  tlsCaFile: z.string().optional().describe('Certificate authority to check against, PEM.'),
});

/** A database as one URI or in parts. */
export const connectionSchema = z
  .union([
    z
      .string()
      .regex(/^[a-z+]+:\/\//, 'is no URI; write for example postgres://user@host:5432/database'),
    connectionParts,
  ])
  .describe('One URI such as postgres://user:${PASSWORD}@host:5432/database, or its parts.');

export type ConnectionSpec = z.infer<typeof connectionSchema>;

/** Host and port, once or in a row with commas. */
const HOSTS = String.raw`(?:\[[^\]@]*\]|[^:/?#@,[\]]*)(?::\d+)?`;
const ADDRESS = new RegExp(
  String.raw`^[a-z+]+:\/\/(?:[^/?#]*@)?(${HOSTS}(?:,${HOSTS})*(?:\/[^@?#]*)?)(?:\?(?:[\w.]+=.*)?)?$`,
  's',
);

/**
 * Where it leads, without user or password: fit for logs and for people. An address that is not
 * plainly of the form is not shown at all: what looks like a path may be the rest of a password.
 */
export function describeConnection(spec: ConnectionSpec): string {
  if (typeof spec !== 'string') return `${spec.host}:${spec.port}/${spec.database}`;
  return ADDRESS.exec(spec)?.[1] ?? 'an address that cannot be read';
}
