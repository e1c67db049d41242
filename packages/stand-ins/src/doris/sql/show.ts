import type {
  Catalogue,
  Column,
  Table,
  TableDefinition,
  TransactionLog,
  TransactionRecord,
} from '../store.ts';
import { likePattern } from './conditions.ts';
import { INFORMATION_SCHEMA } from './information-schema.ts';
import { type Outcome, textRows } from './outcome.ts';
import { printType } from './print-type.ts';
import type { Session } from './session.ts';
import { refused, unknownDatabase } from './sql-error.ts';
import type { Show, TableName } from './syntax.ts';

export interface Backend {
  readonly host: string;
  readonly httpPort: number;
  readonly alive: boolean;
}

/** The rights of the only user there is, by level, as they are printed; they are told, not enforced. */
export interface Grants {
  readonly global?: string;
  readonly catalog?: string;
  readonly database?: string;
  readonly table?: string;
}

interface ShowContext {
  readonly catalogue: Catalogue;
  readonly transactions: TransactionLog;
  readonly backends: () => readonly Backend[];
  readonly session: Session;
  readonly user: string;
  readonly grants: Grants;
  /** The database that is named, or else the one in use. @throws SqlError if there is none. */
  database(name: string | null): string;
  /** @throws SqlError if there is no such table. */
  table(name: TableName): Table;
}

export function show(what: Show, context: ShowContext): Outcome {
  switch (what.kind) {
    case 'databases':
      return databases(what.like, context);
    case 'tables':
      return tables(what, context);
    case 'describe':
      return describe(context.table(what.table).definition);
    case 'columns':
      return columns(context.table(what.table).definition, what.full);
    case 'create-table': {
      const { definition } = context.table(what.table);
      return textRows(['Table', 'Create Table'], [[definition.name, createStatement(definition)]]);
    }
    case 'backends':
      return backends(context.backends());
    case 'frontends':
      return textRows(
        ['Name', 'Host', 'QueryPort', 'Role', 'IsMaster', 'Alive'],
        [['fe_stand_in', '127.0.0.1', '', 'FOLLOWER', 'true', 'true']],
      );
    case 'grants':
      return grantsOf(context);
    case 'variables': {
      const { session } = context;
      const rows = matching(session.names(), what.like).map((name) => [name, session.get(name)]);
      return textRows(['Variable_name', 'Value'], rows);
    }
    case 'transaction':
      return transaction(what, context);
  }
}

function matching(names: readonly string[], like: string | null): readonly string[] {
  if (like === null) return names;
  const pattern = likePattern(like);
  return names.filter((name) => pattern.test(name));
}

function databases(like: string | null, { catalogue }: ShowContext): Outcome {
  const names = [...catalogue.databases.keys(), INFORMATION_SCHEMA].toSorted();
  return textRows(
    ['Database'],
    matching(names, like).map((name) => [name]),
  );
}

function tables(
  { full, database, like }: Extract<Show, { kind: 'tables' }>,
  context: ShowContext,
): Outcome {
  const name = context.database(database);
  const inside = context.catalogue.databases.get(name);
  if (inside === undefined) throw unknownDatabase(name);
  const found = matching([...inside.keys()].toSorted(), like);
  const title = `Tables_in_${name}`;
  return full
    ? textRows(
        [title, 'Table_type', 'Storage_format', 'Inverted_index_storage_format'],
        found.map((table) => [table, 'BASE TABLE', '', '']),
      )
    : textRows(
        [title],
        found.map((table) => [table]),
      );
}

function describe({ columns: list }: TableDefinition): Outcome {
  return textRows(
    ['Field', 'Type', 'Null', 'Key', 'Default', 'Extra'],
    list.map((column) => [
      column.name,
      printType(column.type),
      column.nullable ? 'Yes' : 'No',
      String(column.isKey),
      null,
      extraOf(column),
    ]),
  );
}

function columns({ columns: list }: TableDefinition, full: boolean): Outcome {
  const names = full
    ? ['Field', 'Type', 'Collation', 'Null', 'Key', 'Default', 'Extra', 'Privileges', 'Comment']
    : ['Field', 'Type', 'Null', 'Key', 'Default', 'Extra'];
  const rows = list.map((column) => {
    const { name, nullable, isKey, comment } = column;
    const common = [nullable ? 'YES' : 'NO', isKey ? 'YES' : 'NO', null, extraOf(column)];
    return full
      ? [name, printType(column.type), '', ...common, '', comment]
      : [name, printType(column.type), ...common];
  });
  return textRows(names, rows);
}

function extraOf({ isKey }: Column): string {
  return isKey ? '' : 'NONE';
}

function createStatement(definition: TableDefinition): string {
  const {
    name,
    columns: list,
    model,
    keys,
    distribution,
    buckets,
    comment,
    properties,
  } = definition;
  const lines = list.map((column) => {
    const note = column.comment === '' ? '' : ` COMMENT "${escaped(column.comment)}"`;
    return `  ${quoted(column.name)} ${printType(column.type)} ${column.nullable ? 'NULL' : 'NOT NULL'}${note}`;
  });
  const written = [...properties].map(([key, value]) => `"${key}" = "${value}"`);
  return [
    `CREATE TABLE ${quoted(name)} (`,
    lines.join(',\n'),
    ') ENGINE=OLAP',
    ...(keys.length === 0 ? [] : [`${model} KEY(${keys.map(quoted).join(', ')})`]),
    ...(comment === '' ? [] : [`COMMENT '${comment.replaceAll("'", "\\'")}'`]),
    `DISTRIBUTED BY ${distribution.kind}${distribution.kind === 'HASH' ? `(${distribution.columns.map(quoted).join(', ')})` : ''} BUCKETS ${buckets}`,
    `PROPERTIES (\n${written.join(',\n')}\n);`,
  ].join('\n');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

const FIRST_BACKEND = 10_001;

function backends(list: readonly Backend[]): Outcome {
  return textRows(
    [
      'BackendId',
      'Host',
      'HeartbeatPort',
      'BePort',
      'HttpPort',
      'BrpcPort',
      'LastHeartbeat',
      'Alive',
      'SystemDecommissioned',
      'TabletNum',
      'ErrMsg',
      'Version',
      'Status',
    ],
    list.map(({ host, httpPort, alive }, index) => [
      String(FIRST_BACKEND + index),
      host,
      '9050',
      '9060',
      String(httpPort),
      '8060',
      null,
      String(alive),
      'false',
      '0',
      '',
      '',
      '{}',
    ]),
  );
}

function grantsOf({ user, grants: { global, catalog, database, table } }: ShowContext): Outcome {
  const told = {
    UserIdentity: `'${user}'@'%'`,
    Comment: '',
    Password: 'Yes',
    Roles: '',
    GlobalPrivs: global ?? null,
    CatalogPrivs: catalog ?? null,
    DatabasePrivs: database ?? null,
    TablePrivs: table ?? null,
    ColPrivs: null,
    ResourcePrivs: null,
    CloudClusterPrivs: null,
    CloudStagePrivs: null,
    StorageVaultPrivs: null,
    WorkloadGroupPrivs: null,
    ComputeGroupPrivs: null,
  };
  return textRows(Object.keys(told), [Object.values(told)]);
}

/** §4: the newest transaction of a label; a label that has none is an error. */
function transaction(
  { database, label, id }: Extract<Show, { kind: 'transaction' }>,
  context: ShowContext,
): Outcome {
  const name = context.database(database);
  if (!context.catalogue.databases.has(name)) throw unknownDatabase(name);
  if (label !== null) {
    const [newest] = context.transactions.ofLabel(name, label);
    if (newest === undefined) throw refused(`transaction with label ${label} does not exist`);
    return transactionRow(newest);
  }
  const found = id === null ? null : context.transactions.ofId(name, id);
  if (found === null) throw refused(`transaction with id ${id} does not exist`);
  return transactionRow(found);
}

function transactionRow(one: TransactionRecord): Outcome {
  return textRows(
    [
      'TransactionId',
      'Label',
      'Coordinator',
      'TransactionStatus',
      'LoadJobSourceType',
      'PrepareTime',
      'PreCommitTime',
      'CommitTime',
      'PublishTime',
      'FinishTime',
      'Reason',
      'ErrorReplicasCount',
      'ListenerId',
      'TimeoutMs',
      'ErrMsg',
    ],
    [
      [
        String(one.id),
        one.label,
        'BE: 127.0.0.1',
        one.status,
        'BACKEND_STREAMING',
        timeText(one.preparedAt),
        timeText(one.preCommittedAt),
        timeText(one.committedAt),
        timeText(one.publishedAt),
        timeText(one.finishedAt),
        one.reason,
        '0',
        '-1',
        String(one.timeoutMs),
        '',
      ],
    ],
  );
}

/** Milliseconds since 1970 as the server prints a time; NULL for what has not happened. */
function timeText(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}
