import { newColumnType } from './column-type.ts';
import type { PivotParts } from './parts.ts';
import { rowBytes } from './row-width.ts';
import type { SchemaSample } from './schema-sample.ts';
import type { SourceTable } from './source-table.ts';

export interface LayoutColumn {
  readonly channel: string;
  readonly type: string;
  readonly maxBytes: number;
}

/** The columns of a group for the ship that needs the most room, by a sample. */
export function widestShip(
  of: { parts: Pick<PivotParts, 'layout' | 'spec'>; table: SourceTable; ships: readonly string[] },
  sample: SchemaSample,
  group: number,
): LayoutColumn[] {
  const { layout, spec } = of.parts;
  const formats = formatsByChannel(sample);
  const byShip = new Map<string, Map<string, number>>(of.ships.map((ship) => [ship, new Map()]));
  for (const { ship, channel, maxBytes } of sample.channels) {
    const home = layout.home(channel);
    const longest = byShip.get(ship);
    if (longest === undefined || home.kind !== 'group' || home.group !== group) continue;
    longest.set(channel, Math.max(longest.get(channel) ?? 0, maxBytes));
  }
  let widest: LayoutColumn[] = [];
  for (const longest of byShip.values()) {
    const columns = [...longest].map(([channel, maxBytes]) => ({
      channel,
      maxBytes,
      type: newColumnType(spec.target.columnType, of.table, [...(formats.get(channel) ?? [])]),
    }));
    if (rowBytes(columns) > rowBytes(widest)) widest = columns;
  }
  return widest;
}

export function formatsByChannel(sample: SchemaSample): Map<string, Set<string>> {
  const formats = new Map<string, Set<string>>();
  for (const { channel, format } of sample.channels) {
    if (format === null) continue;
    formats.set(channel, (formats.get(channel) ?? new Set()).add(format));
  }
  return formats;
}
