import { type Catalogue, Table, type TableDefinition, type Value } from '../store.ts';
import { checkDistinct, defineColumn, defineTable } from './ddl-rules.ts';
import { checkDatabaseName, checkTableName } from './identifiers.ts';
import type { Session } from './session.ts';
import { notKnown, refused, unknownDatabase } from './sql-error.ts';
import type { CreateTable, Statement, TableName } from './syntax.ts';

type Of<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>;

/** What a statement on the catalogue needs to know. */
interface ChangeContext {
  readonly catalogue: Catalogue;
  readonly session: Session;
  readonly aliveBackends: number;
  database(name: string | null): string;
  table(name: TableName): Table;
}

export function createDatabase(statement: Of<'create-database'>, context: ChangeContext): void {
  const { databases } = context.catalogue;
  const { name, ifNotExists } = statement;
  checkDatabaseName(name, context.session);
  if (!databases.has(name)) databases.set(name, new Map());
  else if (!ifNotExists) {
    throw refused(`Can't create database '${name}'; database exists`, 1007);
  }
}

export function dropDatabase(statement: Of<'drop-database'>, context: ChangeContext): void {
  const { name, ifExists } = statement;
  if (!context.catalogue.databases.delete(name) && !ifExists) {
    throw refused(`Can't drop database '${name}'; database doesn't exist`, 1008);
  }
}

export function createTable(statement: CreateTable, context: ChangeContext): void {
  const tables = tablesOf(statement.name, context);
  // The rules come first: a statement that breaks one is refused even where the table exists.
  const definition = defineTable(statement, context.session, context.aliveBackends);
  if (!tables.has(definition.name)) tables.set(definition.name, new Table(definition));
  else if (!statement.ifNotExists) throw alreadyExists(definition.name);
}

export function dropTable(statement: Of<'drop-table'>, context: ChangeContext): void {
  const { name, ifExists } = statement;
  if (!tablesOf(name, context).delete(name.table) && !ifExists) {
    throw refused(`Unknown table '${name.table}'`, 1051);
  }
}

export function truncateTable({ name }: Of<'truncate'>, context: ChangeContext): void {
  context.table(name).retain(() => false);
}

export function renameTable({ name, to }: Of<'rename-table'>, context: ChangeContext): void {
  const tables = tablesOf(name, context);
  const table = context.table(name);
  checkTableName(to, context.session);
  if (tables.has(to)) throw refused(`Table name[${to}] is already used`);
  tables.delete(name.table);
  tables.set(to, reshaped(table, { name: to }));
}

/** The first table takes the rows of the other, and the other those of the first, or it is gone. */
export function replaceTable(statement: Of<'replace-table'>, context: ChangeContext): void {
  const { name, other, swap } = statement;
  const tables = tablesOf(name, context);
  const [one, two] = [context.table(name), context.table({ ...name, table: other })];
  if (one === two) throw refused(`table ${other} cannot replace itself`);
  tables.set(name.table, reshaped(two, { name: name.table }));
  if (swap) tables.set(other, reshaped(one, { name: other }));
  else tables.delete(other);
}

/** §7: with light_schema_change, the default, rows that exist have NULL in a new column. */
export function addColumn({ name, column }: Of<'add-column'>, context: ChangeContext): void {
  const table = context.table(name);
  const added = defineColumn(column, context.session);
  if (!added.nullable) throw notKnown('ADD COLUMN NOT NULL without a default');
  const columns = [...table.definition.columns, added];
  checkDistinct(columns);
  tablesOf(name, context).set(name.table, reshaped(table, { columns }));
}

function tablesOf({ database }: TableName, context: ChangeContext): Map<string, Table> {
  const name = context.database(database);
  const tables = context.catalogue.databases.get(name);
  if (tables === undefined) throw unknownDatabase(name);
  return tables;
}

function alreadyExists(name: string): Error {
  return refused(`Table '${name}' already exists`, 1050);
}

/** A table's definition does not change: the changed table is another with the same rows. */
function reshaped(table: Table, changes: Partial<TableDefinition>): Table {
  const definition = { ...table.definition, ...changes };
  const added = definition.columns.length - table.definition.columns.length;
  const nulls = Array.from({ length: added }, (): Value => null);
  const changed = new Table(definition);
  changed.apply([...table.rows()].map((row) => ({ kind: 'put', row: [...row, ...nulls] })));
  return changed;
}
