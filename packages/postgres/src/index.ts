export { classifyError } from './classify.ts';
export { CopyIn, CopyInError } from './copy-in.ts';
export { endSessions } from './end-sessions.ts';
export {
  describeTable,
  serverVersion,
  type TableColumn,
  type TableDescription,
  type TableIndex,
} from './introspect.ts';
export { probeServer } from './probe.ts';
export { arrayLiteral, identifier, literal, MAX_NAME_BYTES, qualifiedName } from './quoting.ts';
export { serverUsage } from './server-usage.ts';
export { type Database, openDatabase, Session, type SessionOptions } from './session.ts';
export { pinStatements } from './session-settings.ts';
