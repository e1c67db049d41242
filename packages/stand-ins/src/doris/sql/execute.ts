import type { Catalogue, Table, TransactionLog } from '../store.ts';
import { deleteRows, insertRows, relationOf, updateRows } from './change-rows.ts';
import {
  addColumn,
  createDatabase,
  createTable,
  dropDatabase,
  dropTable,
  renameTable,
  replaceTable,
  truncateTable,
} from './change-tables.ts';
import { type Compiled, constant } from './compiled.ts';
import { INFORMATION_SCHEMA, informationSchema } from './information-schema.ts';
import { DONE, type Outcome, rowsOf } from './outcome.ts';
import { parseStatement } from './parse-statement.ts';
import type { Relation } from './relation.ts';
import { runQuery } from './select.ts';
import { SERVER_VERSION, type Session } from './session.ts';
import { type Backend, type Grants, show } from './show.ts';
import { notKnown, refused, unknownDatabase, unknownTable } from './sql-error.ts';
import type { Statement, TableName, ValueType } from './syntax.ts';

/** What all sessions of a server share. */
export interface Server {
  readonly catalogue: Catalogue;
  readonly transactions: TransactionLog;
  readonly backends: () => readonly Backend[];
  readonly user: string;
  readonly grants: Grants;
  /** Rows of a table as last reported; see TABLE_ROWS. */
  readonly reportedRows: (table: Table) => bigint;
  /** Ends the statement or the session of another connection. @throws SqlError if there is none. */
  readonly kill: (id: number, what: 'query' | 'connection') => void;
}

/** One statement of a session. `pause` lets others run and throws once the statement was killed. */
export async function execute(
  sql: string,
  session: Session,
  server: Server,
  pause: () => Promise<void>,
): Promise<Outcome> {
  const statement = parseStatement(sql);
  if (statement.kind === 'select') {
    return rowsOf(
      await runQuery(statement.query, {
        ...environmentOf(session),
        pause,
        relation: (name) => relation(name, session, server),
      }),
    );
  }
  return executeNow(statement, session, server);
}

function executeNow(
  statement: Exclude<Statement, { kind: 'select' }>,
  session: Session,
  server: Server,
): Outcome {
  const context = {
    ...server,
    session,
    aliveBackends: server.backends().filter(({ alive }) => alive).length,
    database: (name: string | null) => databaseOf(name, session),
    table: (name: TableName) => tableOf(name, session, server),
  };
  const changed = (affectedRows: number): Outcome => ({ kind: 'done', affectedRows });
  switch (statement.kind) {
    case 'set':
      for (const [name, value] of statement.assignments) session.set(name, value);
      return DONE;
    case 'use':
      session.database = existing(statement.database, server);
      return DONE;
    case 'kill':
      server.kill(statement.id, statement.query ? 'query' : 'connection');
      return DONE;
    case 'show':
      return show(statement.show, context);
    case 'insert':
      return changed(insertRows(context.table(statement.name), statement, environmentOf(session)));
    case 'update':
      return changed(updateRows(context.table(statement.name), statement, environmentOf(session)));
    case 'delete':
      return changed(
        deleteRows(context.table(statement.name), statement.where, environmentOf(session)),
      );
    case 'create-database':
      createDatabase(statement, context);
      return DONE;
    case 'drop-database':
      dropDatabase(statement, context);
      return DONE;
    case 'create-table':
      createTable(statement, context);
      return DONE;
    case 'drop-table':
      dropTable(statement, context);
      return DONE;
    case 'truncate':
      truncateTable(statement, context);
      return DONE;
    case 'replace-table':
      replaceTable(statement, context);
      return DONE;
    case 'rename-table':
      renameTable(statement, context);
      return DONE;
    case 'add-column':
      addColumn(statement, context);
      return DONE;
  }
}

/** The name if there is such a database. */
export function existing(name: string, { catalogue }: Pick<Server, 'catalogue'>): string {
  if (name.toLowerCase() === INFORMATION_SCHEMA) return INFORMATION_SCHEMA;
  if (!catalogue.databases.has(name)) throw unknownDatabase(name);
  return name;
}

function databaseOf(name: string | null, session: Session): string {
  const database = name ?? session.database;
  if (database === null) throw refused('No database selected', 1046);
  return database;
}

function tableOf({ database, table: name }: TableName, session: Session, server: Server): Table {
  const inside = databaseOf(database, session);
  if (inside.toLowerCase() === INFORMATION_SCHEMA) throw notKnown(`this on ${inside}.${name}`);
  const table = server.catalogue.table(existing(inside, server), name);
  if (table === undefined) throw unknownTable(inside, name);
  return table;
}

function relation(name: TableName, session: Session, server: Server): Relation {
  const database = databaseOf(name.database, session);
  if (database.toLowerCase() !== INFORMATION_SCHEMA) {
    const { rows, ...rest } = relationOf(tableOf(name, session, server), database);
    // Rows come in no order; least of all in the one in which they were loaded.
    return { ...rest, rows: rows.toReversed() };
  }
  const { catalogue, reportedRows } = server;
  return informationSchema(name.table, {
    generation: session.generation,
    databases: catalogue.databases,
    reportedRows,
  });
}

function environmentOf(session: Session): {
  variable(name: string): Compiled;
  environment(name: string): Compiled | undefined;
} {
  const text: ValueType = { name: 'STRING' };
  return {
    variable: (name) => {
      const value = session.value(name);
      return constant(typeof value === 'bigint' ? { name: 'BIGINT' } : text, value);
    },
    environment: (name) => {
      switch (name) {
        case 'VERSION':
          return constant(text, SERVER_VERSION);
        case 'DATABASE':
        case 'SCHEMA':
          return constant(text, session.database);
        case 'CONNECTION_ID':
          return constant({ name: 'BIGINT' }, BigInt(session.id));
        default:
          return undefined;
      }
    },
  };
}
