import { readFileSync } from 'node:fs';
import { type ConnectionSpec, describeConnection } from '@drover/core';
import type pg from 'pg';
import { classifyError } from './classify.ts';
import { pinStatements } from './session-settings.ts';

export interface SessionOptions {
  /** `source` or `target`: how errors name this side. */
  readonly side: string;
  readonly applicationName: string;
  /** How long connecting, and then pinning the settings, may take; 10 s by default. */
  readonly connectTimeoutMs?: number;
  /** How long a statement waits for a lock; 10 s by default. */
  readonly lockTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** A goodbye that is not answered within this is not waited for. */
const GOODBYE_MS = 2_000;

/** Every value as the text that the server sent. */
const TEXT_TYPES = { getTypeParser: () => (value: string) => value };

/** How errors name the side and the place. */
export function whereOf(spec: ConnectionSpec, options: SessionOptions): string {
  return `${options.side} ${describeConnection(spec)}`;
}

/** @throws DroverError AUTHENTICATION_FAILED where a file for TLS cannot be read. */
export function clientConfig(spec: ConnectionSpec, options: SessionOptions): pg.ClientConfig {
  const common: pg.ClientConfig = {
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: TEXT_TYPES,
  };
  if (typeof spec === 'string') return { ...common, connectionString: spec };
  const { host, port, database, user, password, tls, tlsCaFile } = spec;
  return {
    ...common,
    host,
    port,
    database,
    user,
    password,
    ssl:
      tls === 'disable'
        ? false
        : {
            rejectUnauthorized: tls === 'verify-full',
            ...(tlsCaFile === undefined ? {} : { ca: readCaFile(tlsCaFile, spec, options) }),
          },
  };
}

function readCaFile(file: string, spec: ConnectionSpec, options: SessionOptions): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw classifyError(error, whereOf(spec, options));
  }
}

/**
 * Pins the settings of a new connection.
 * @throws DroverError CONNECTION_LOST where the server that let it in says nothing more.
 */
export async function pinSettings(
  client: pg.ClientBase,
  spec: ConnectionSpec,
  options: SessionOptions,
): Promise<void> {
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  // Missing in the types of `pg`, though `Client.query` reads it.
  const pins: pg.QueryConfig & { query_timeout: number } = {
    text: pinStatements(options),
    query_timeout: timeoutMs,
  };
  try {
    await client.query(pins);
  } catch (error) {
    throw classifyError(error, whereOf(spec, options), timeoutMs);
  }
}

/** Drops a connection that is being ended and whose peer does not answer; at once when it does. */
export function dropUnlessEnded(client: pg.Client): void {
  const timer = setTimeout(() => client.connection.stream.destroy(), GOODBYE_MS);
  client.connection.once('end', () => clearTimeout(timer));
}
