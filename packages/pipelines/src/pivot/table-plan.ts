import type { SqlExecutor } from '@drover/core';
import { DroverError } from '@drover/core';
import { type ChannelMap, readFormats } from './channels.ts';
import { acceptedValues, newColumnType } from './column-type.ts';
import type { PivotParts } from './parts.ts';
import type { Homeless, PivotTable } from './pivot-plan.ts';
import type { Span } from './range.ts';
import type { SourceTable } from './source-table.ts';
import type { TargetColumn, TargetTable } from './target-table.ts';
import { addColumns } from './wide-table.ts';

/** A wide table as one chunk writes it. */
export interface ChunkTable extends PivotTable {
  readonly name: string;
  readonly group: string;
  /** Time first, then the channels, in the order of `columns`. */
  readonly stageColumns: readonly TargetColumn[];
}

export interface ChunkTables {
  readonly tables: readonly ChunkTable[];
  readonly homeless: readonly Homeless[];
}

interface Wanted {
  readonly name: string;
  readonly ship: string;
  readonly group: number;
  readonly channels: string[];
}

/**
 * Finds the table and column of every channel that the snapshot has, and adds the columns that are
 * missing. The source session is the one that holds the chunk's snapshot.
 */
export async function planTables(
  parts: PivotParts,
  source: { sql: SqlExecutor; table: SourceTable; span: Span; channels: ChannelMap },
  signal: AbortSignal,
): Promise<ChunkTables> {
  const { wanted, homeless } = assign(parts, source.channels);
  const names = wanted.map((table) => table.name);
  let present = await parts.catalogue.read(parts.target, names);
  if (await addMissing(parts, source, wanted, present, signal)) {
    present = await parts.catalogue.read(parts.target, names);
  }
  const tables = wanted.map((table) =>
    chunkTable(parts, source.table, table, existing(parts, present, table)),
  );
  return { tables, homeless };
}

function assign(
  parts: PivotParts,
  channels: ChannelMap,
): { wanted: Wanted[]; homeless: Homeless[] } {
  const homeless: Homeless[] = [];
  const wanted: Wanted[] = [];
  for (const [ship, list] of channels) {
    const byGroup = new Map<number, string[]>();
    for (const channel of list) {
      const home = parts.layout.home(channel);
      if (home.kind === 'group') {
        const group = byGroup.get(home.group) ?? [];
        group.push(channel);
        byGroup.set(home.group, group);
      } else {
        homeless.push({ ship, channel, action: home.kind === 'ignored' ? 'skip' : 'reject' });
      }
    }
    // A group without channels has a table too: replacing the range empties it there.
    for (const group of parts.layout.groups.keys()) {
      const name = parts.layout.tableName(ship, group);
      wanted.push({ name, ship, group, channels: byGroup.get(group) ?? [] });
    }
  }
  return { wanted, homeless };
}

/** @returns whether a column was added to some table. */
async function addMissing(
  parts: PivotParts,
  source: { sql: SqlExecutor; table: SourceTable; span: Span },
  wanted: readonly Wanted[],
  present: ReadonlyMap<string, TargetTable>,
  signal: AbortSignal,
): Promise<boolean> {
  let added = false;
  for (const table of wanted) {
    const has = new Set(existing(parts, present, table).columns.map((column) => column.name));
    const missing = table.channels.filter((channel) => !has.has(channel));
    if (missing.length === 0) continue;
    const columns = await newColumns(parts, source, { ship: table.ship, channels: missing });
    await addColumns(parts.target, {
      schema: parts.spec.target.schema,
      table: table.name,
      columns,
      signal,
      random: parts.random,
    });
    added = true;
  }
  return added;
}

export async function newColumns(
  parts: Pick<PivotParts, 'spec'>,
  source: { sql: SqlExecutor; table: SourceTable; span: Pick<Span, 'from' | 'to'> },
  wanted: { ship: string; channels: readonly string[] },
): Promise<TargetColumn[]> {
  const { columnType } = parts.spec.target;
  const formats =
    columnType === 'text' || wanted.channels.length === 0
      ? new Map<string, readonly string[]>()
      : await readFormats(source.sql, source.table, { ...wanted, span: source.span });
  return wanted.channels.map((name) => ({
    name,
    type: newColumnType(columnType, source.table, formats.get(name) ?? []),
  }));
}

function existing(
  parts: PivotParts,
  present: ReadonlyMap<string, TargetTable>,
  wanted: Wanted,
): TargetTable {
  const table = present.get(wanted.name);
  if (table !== undefined) return table;
  throw new DroverError('UNDEFINED_OBJECT', {
    message: `The target has no table ${parts.spec.target.schema}.${wanted.name}.`,
    hint: 'Make the tables with `drover run --tables-only`.',
  });
}

function chunkTable(
  parts: PivotParts,
  source: SourceTable,
  wanted: Wanted,
  target: TargetTable,
): ChunkTable {
  const channels = new Set(wanted.channels);
  const timeName = parts.spec.source.columns.time;
  const time = target.columns.find((column) => column.name === timeName);
  if (time?.type !== source.columns.time.type) {
    throw new DroverError('TABLE_CONFLICT', {
      message: `Table ${target.name} has no column "${timeName}" of type ${source.columns.time.type}.`,
    });
  }
  const columns = target.columns.filter((column) => channels.has(column.name));
  return {
    name: wanted.name,
    ship: wanted.ship,
    group: parts.layout.groups[wanted.group]?.name ?? '',
    columns: columns.map((column) => ({
      channel: column.name,
      accepts: acceptedValues(source, { table: target.name, ...column }),
    })),
    stageColumns: [time, ...columns],
  };
}
