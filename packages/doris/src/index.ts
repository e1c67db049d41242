export { type DorisAddress, placeOf } from './address.ts';
export type { RefusedRow } from './error-log.ts';
export { labelOf } from './label.ts';
export type { LoadReply } from './load-reply.ts';
export type { LoadRequest, LoadTarget } from './load-request.ts';
export { Loader, RowsRefused } from './loader.ts';
export { Nodes } from './nodes.ts';
export { probeDoris } from './probe.ts';
export { openStatements, type Statements, type TextRow } from './statements.ts';
