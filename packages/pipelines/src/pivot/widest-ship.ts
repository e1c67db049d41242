import type { ChannelMap } from './channels.ts';
import { newColumnType } from './column-type.ts';
import type { PivotParts } from './parts.ts';
import { type ChannelWidth, rowBytes } from './row-width.ts';
import type { SchemaSample } from './schema-sample.ts';
import type { SourceTable } from './source-table.ts';

/** What a column is taken to need of which the sample has no value: as much as a number does. */
const UNKNOWN_BYTES = 8;

interface LayoutFacts {
  readonly parts: Pick<PivotParts, 'layout' | 'spec'>;
  readonly table: SourceTable;
  readonly ships: readonly string[];
  /** Channels that are known besides those of the sample. */
  readonly channels?: ChannelMap;
}

/** The columns that each ship's table of a group has, with the longest values of a sample. */
export function columnsByShip(
  of: LayoutFacts,
  sample: SchemaSample,
  group: number,
): Map<string, ChannelWidth[]> {
  const { layout, spec } = of.parts;
  const formats = formatsByChannel(sample);
  const belongs = (channel: string) => {
    const home = layout.home(channel);
    return home.kind === 'group' && home.group === group;
  };
  const longest = new Map(of.ships.map((ship) => [ship, new Map<string, number>()]));
  for (const { ship, channel, maxBytes } of sample.channels) {
    const columns = longest.get(ship);
    if (columns === undefined || !belongs(channel)) continue;
    columns.set(channel, Math.max(columns.get(channel) ?? 0, maxBytes));
  }
  for (const [ship, columns] of longest) {
    for (const channel of of.channels?.get(ship) ?? []) {
      if (belongs(channel) && !columns.has(channel)) columns.set(channel, UNKNOWN_BYTES);
    }
  }
  return new Map(
    [...longest].map(([ship, columns]) => [
      ship,
      [...columns].map(([channel, maxBytes]) => ({
        channel,
        maxBytes,
        type: newColumnType(spec.target.columnType, of.table, [...(formats.get(channel) ?? [])]),
      })),
    ]),
  );
}

/** Of several lists of columns the one whose row is the widest. */
export function widest(lists: Iterable<readonly ChannelWidth[]>): readonly ChannelWidth[] {
  let found: readonly ChannelWidth[] = [];
  for (const columns of lists) {
    if (rowBytes(columns) > rowBytes(found)) found = columns;
  }
  return found;
}

export function formatsByChannel(sample: SchemaSample): Map<string, Set<string>> {
  const formats = new Map<string, Set<string>>();
  for (const { channel, format } of sample.channels) {
    if (format === null) continue;
    formats.set(channel, (formats.get(channel) ?? new Set()).add(format));
  }
  return formats;
}
