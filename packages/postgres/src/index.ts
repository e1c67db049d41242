export { type AttemptConnections, AttemptPool } from './attempt-pool.ts';
export { classifyError } from './classify.ts';
export type { SessionOptions } from './client.ts';
export { CopyIn, CopyInError } from './copy-in.ts';
export { type Database, type DatabaseOptions, openDatabase } from './database.ts';
export { endSessions } from './end-sessions.ts';
export {
  describeTable,
  serverVersion,
  type TableColumn,
  type TableDescription,
  type TableIndex,
} from './introspect.ts';
export { measureNumber } from './measure-number.ts';
export { probeServer } from './probe.ts';
export { arrayLiteral, identifier, literal, MAX_NAME_BYTES, qualifiedName } from './quoting.ts';
export { replicationLagMs } from './replication-lag.ts';
export { serverUsage } from './server-usage.ts';
export { Session } from './session.ts';
export { pinStatements } from './session-settings.ts';
