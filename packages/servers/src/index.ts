export { type DorisOptions, type DorisServer, givenDorisUrl, startDoris } from './doris-server.ts';
export { freePort } from './free-port.ts';
export type { PostgresOptions, PostgresServer, RestartMode } from './postgres-server.ts';
export { startPostgres } from './postgres-server.ts';
export type { RedisUnavailable } from './redis-program.ts';
export type { RedisOptions, RedisServer } from './redis-server.ts';
export { startRedis } from './redis-server.ts';
