export type { Aim, EnvelopePlace, Faults, Hold } from './doris/faults.ts';
export type { RequestRecord } from './doris/http-exchange.ts';
export {
  type DorisStandIn,
  type DorisStandInOptions,
  startDorisStandIn,
} from './doris/stand-in.ts';
export type {
  Catalogue,
  Column,
  ColumnType,
  Generation,
  Row,
  Table,
  TableDefinition,
  TransactionRecord,
  TransactionStatus,
  TypeName,
  Value,
} from './doris/store.ts';
