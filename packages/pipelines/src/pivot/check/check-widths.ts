import type { Finding } from '@drover/core';
import { listName } from '../analyze.ts';
import {
  type ChannelWidth,
  fits,
  fittingRuns,
  MAX_COLUMNS,
  MAX_ROW_BYTES,
  ROW_FILL,
  rowBytes,
} from '../row-width.ts';
import type { SchemaSample } from '../schema-sample.ts';
import { columnsByShip, widest } from '../widest-ship.ts';
import type { CheckFacts } from './check.ts';

/** Whether each group makes tables that Postgres can have; where not, the grouping that fits. */
export function* checkWidths(facts: CheckFacts, sample: SchemaSample): Generator<Finding> {
  const { layout, spec } = facts.parts;
  const time = { type: facts.table.columns.time.type, maxBytes: 8 };
  const text = spec.target.columnType === 'text';
  for (const [group, { name }] of layout.groups.entries()) {
    const byShip = [...columnsByShip(facts, sample, group).values()];
    const subject = layout.groups.length > 1 ? `group ${name}` : 'the table';
    const most = Math.max(0, ...byShip.map((columns) => columns.length));
    const columns = widest(byShip);
    const needed = rowBytes([time, ...columns]);
    if (most + 1 > MAX_COLUMNS) {
      yield {
        level: 'error',
        rule: 'too-many-columns',
        subject,
        reason: `${most} channels; a Postgres table has at most ${MAX_COLUMNS} columns, and one of them is the time`,
        fix: groupingText(name, fittingRuns(time, byShip)),
      };
    } else if (!byShip.every((one) => fits([time, ...one]))) {
      yield {
        level: 'error',
        rule: 'row-too-wide',
        subject,
        reason: `a row of ${columns.length} ${text ? 'text ' : ''}columns takes ${needed} bytes; a page holds ${MAX_ROW_BYTES}, and more than ${Math.floor(MAX_ROW_BYTES * ROW_FILL)} is refused`,
        fix: `${groupingText(name, fittingRuns(time, byShip))}${text ? nativeText(time, facts, sample, group) : ''}`,
      };
    } else {
      yield {
        level: 'info',
        rule: 'row-width',
        subject,
        reason: `${columns.length} channels, ${needed} of ${MAX_ROW_BYTES} bytes a row`,
        fix: '',
      };
    }
  }
}

/** The grouping as a person reads it, and as the migration file takes it. */
function groupingText(group: string, runs: readonly (readonly string[])[]): string {
  const names = runs.map((_, place) => listName(group, place));
  const parts = runs.map(
    (run, place) => `${names[place]} ${run.length} (${run[0]} to ${run.at(-1)})`,
  );
  const entries = names.map(
    (name) => `{ name: ${name}, channels: { file: channels/${name}.txt } }`,
  );
  return (
    `Divide it into ${runs.length} groups, in order of channel id: ${parts.join('; ')}. ` +
    `\`drover run --schema-only\` writes their list files; in the migration file${group === '' ? '' : `, in place of ${group}`}: groups: [${entries.join(', ')}]`
  );
}

/** Native types are offered only where they would be enough. */
function nativeText(
  time: { type: string; maxBytes: number },
  facts: CheckFacts,
  sample: SchemaSample,
  group: number,
): string {
  const { spec } = facts.parts;
  const native = { ...spec, target: { ...spec.target, columnType: 'native' as const } };
  const byShip: Iterable<ChannelWidth[]> = columnsByShip(
    { ...facts, parts: { layout: facts.parts.layout, spec: native } },
    sample,
    group,
  ).values();
  return [...byShip].every((columns) => fits([time, ...columns]))
    ? '. Or set target.columnType: native'
    : '';
}
