import {
  EMPTY_RECEIPT,
  type Json,
  type MoveContext,
  type Receipt,
  type SqlExecutor,
} from '@drover/core';
import { parseAnchor } from './anchor.ts';
import { readChannels } from './channels.ts';
import type { PivotParts } from './parts.ts';
import { parseShipRange } from './range.ts';
import { secondaryIndexStatement } from './secondary-index.ts';
import { readSourceTable, type SourceTable } from './source-table.ts';
import { newColumns } from './table-plan.ts';
import type { TargetColumn } from './target-table.ts';
import { addColumns, createStatements, ensureSchema } from './wide-table.ts';

/** One table as a ship's channels make it. */
interface ShipTable {
  readonly name: string;
  readonly columns: readonly TargetColumn[];
}

/** Makes the tables of one ship, or adds to those that are there the columns that they lack. */
export async function prepareShip(
  parts: PivotParts,
  range: Json,
  context: MoveContext,
): Promise<Receipt> {
  const { ship } = parseShipRange(range);
  const { dropTables } = parseAnchor(context.anchor);
  const { spec } = parts;
  await parts.lanes.use(context, async ({ source, target }) => {
    await source.script('begin isolation level repeatable read read only');
    const table = await readSourceTable(source, spec);
    const wanted = await shipTables(parts, { sql: source, table, ship });
    await source.script('commit');
    if (!dropTables) await completeTables(parts, wanted, context.signal);

    await target.script('begin');
    // Ships are prepared one after the other: two that create the same schema would collide.
    await target.query(`select pg_advisory_xact_lock(hashtextextended('drover prepare', 0))`);
    await context.gate.inTransaction.fence(target);
    await createTables(parts, target, { table, wanted, drop: dropTables });
    await context.gate.inTransaction.settle(target, EMPTY_RECEIPT, []);
    await target.script('commit');
  });
  return EMPTY_RECEIPT;
}

async function shipTables(
  parts: PivotParts,
  from: { sql: SqlExecutor; table: SourceTable; ship: string },
): Promise<ShipTable[]> {
  const span = { ships: [from.ship], from: null, to: null };
  const channels = (await readChannels(from.sql, from.table, span)).get(from.ship) ?? [];
  const tables: ShipTable[] = [];
  for (const group of parts.layout.groups.keys()) {
    const mine = channels.filter((channel) => {
      const home = parts.layout.home(channel);
      return home.kind === 'group' && home.group === group;
    });
    tables.push({
      name: parts.layout.tableName(from.ship, group),
      columns: await newColumns(parts, { ...from, span }, { ship: from.ship, channels: mine }),
    });
  }
  return tables;
}

/** Adds columns to tables that exist, before any lock is taken. */
async function completeTables(
  parts: PivotParts,
  wanted: readonly ShipTable[],
  signal: AbortSignal,
): Promise<void> {
  const present = await parts.catalogue.read(
    parts.target,
    wanted.map((table) => table.name),
  );
  for (const { name, columns } of wanted) {
    const table = present.get(name);
    if (table === undefined) continue;
    const has = new Set(table.columns.map((column) => column.name));
    const missing = columns.filter((column) => !has.has(column.name));
    if (missing.length === 0) continue;
    const { schema } = parts.spec.target;
    await addColumns(parts.target, {
      schema,
      table: name,
      columns: missing,
      signal,
      random: parts.random,
    });
  }
}

async function createTables(
  parts: PivotParts,
  sql: SqlExecutor,
  make: { table: SourceTable; wanted: readonly ShipTable[]; drop: boolean },
): Promise<void> {
  const { target } = parts.spec;
  await ensureSchema(sql, target.schema);
  for (const { name, columns } of make.wanted) {
    const { name: timeName, type } = make.table.columns.time;
    const statements = createStatements(
      { schema: target.schema, name, time: { name: timeName, type }, columns, index: target.index },
      { drop: make.drop },
    );
    for (const statement of statements) await sql.query(statement);
    if (target.buildIndexes === 'before') {
      for (const index of target.secondaryIndexes) {
        const statement = secondaryIndexStatement({
          schema: target.schema,
          table: name,
          columns: [timeName, ...columns.map((one) => one.name)],
          index,
          concurrently: false,
        });
        if (statement !== null) await sql.query(statement.sql);
      }
    }
  }
}
