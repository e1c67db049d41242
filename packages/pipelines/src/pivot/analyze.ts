import { type AnalysisOptions, DroverError, type SchemaAnalysis } from '@drover/core';
import { resolveMoment } from './anchor.ts';
import { readShips } from './channels.ts';
import { newColumnType } from './column-type.ts';
import type { PivotParts } from './parts.ts';
import { fittingRuns, rowBytes } from './row-width.ts';
import { type SchemaSample, sampleSchema } from './schema-sample.ts';
import { readSourceTable } from './source-table.ts';
import { columnsByShip, formatsByChannel } from './widest-ship.ts';

/** What `--schema-only` prints and writes: channels and formats per ship, and a list per table. */
export async function analyzePivot(
  parts: PivotParts,
  options: AnalysisOptions,
): Promise<SchemaAnalysis> {
  const table = await readSourceTable(parts.source, parts.spec);
  const chosen = options.entities ?? (parts.spec.ships === 'all' ? null : parts.spec.ships);
  const ships = chosen ?? (await readShips(parts.source, table));
  const sample = await sampleSchema(parts.source, table, {
    ships,
    sampleMicros: options.sampleMicros,
    before: await resolveMoment(parts, table, options.before ?? undefined),
  });
  if (sample === null) {
    throw new DroverError('FILE_INVALID', {
      message: `The source table ${table.schema}.${table.name} has no rows there.`,
      hint: 'Correct source.table, or give another --to.',
    });
  }
  const time = { type: table.columns.time.type, maxBytes: 8 };
  const lists = [...parts.layout.groups.entries()].flatMap(([index, { name }]) => {
    const byShip = [...columnsByShip({ parts, table, ships }, sample, index).values()];
    const runs = fittingRuns(time, byShip);
    return runs.map((names, place) => {
      const wanted = new Set(names);
      const rows = byShip.map((columns) => columns.filter((one) => wanted.has(one.channel)));
      return {
        name: listName(name, runs.length > 1 ? place : null),
        names,
        rowBytes: Math.max(...rows.map((columns) => rowBytes([time, ...columns]))),
      };
    });
  });
  return {
    from: sample.from,
    to: sample.to,
    rows: sample.rows,
    columns: columnsOf(parts, table, sample),
    lists,
  };
}

/** What the list of a group is called; those of a divided one are numbered. */
export function listName(group: string, place: number | null): string {
  return `${group === '' ? 'channels' : group}${place === null ? '' : `_${place + 1}`}`;
}

function columnsOf(
  parts: PivotParts,
  table: Awaited<ReturnType<typeof readSourceTable>>,
  sample: SchemaSample,
): SchemaAnalysis['columns'] {
  const formats = formatsByChannel(sample);
  const found = new Map<
    string,
    { entity: string; name: string; formats: string[]; rows: number }
  >();
  for (const { ship, channel, format, rows } of sample.channels) {
    const key = JSON.stringify([ship, channel]);
    const column = found.get(key) ?? { entity: ship, name: channel, formats: [], rows: 0 };
    column.formats.push(format ?? 'NULL');
    column.rows += rows;
    found.set(key, column);
  }
  return [...found.values()].map((column) => {
    const home = parts.layout.home(column.name);
    return {
      ...column,
      group: home.kind === 'group' ? (parts.layout.groups[home.group]?.name ?? '') : home.kind,
      type: newColumnType(parts.spec.target.columnType, table, [
        ...(formats.get(column.name) ?? []),
      ]),
    };
  });
}
