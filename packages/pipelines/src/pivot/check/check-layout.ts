import type { Finding } from '@drover/core';
import { MAX_NAME_BYTES } from '@drover/postgres';
import { columnNameFault } from '../layout.ts';
import { fittingRuns, MAX_ROW_BYTES, ROW_FILL, rowBytes } from '../row-width.ts';
import type { SchemaSample } from '../schema-sample.ts';
import { formatsByChannel, widestShip } from '../widest-ship.ts';
import type { CheckFacts } from './check.ts';

/** Source: MaxHeapAttributeNumber. */
export const MAX_COLUMNS = 1600;

/** Whether the channels can become columns, the columns tables, and the rows pages. */
export function* checkLayout(facts: CheckFacts, sample: SchemaSample): Generator<Finding> {
  yield* checkNames(facts);
  yield* checkFormats(facts, sample);
  yield* checkWidths(facts, sample);
}

function* checkNames(facts: CheckFacts): Generator<Finding> {
  const { layout, spec } = facts.parts;
  const { policy } = spec.outside;
  for (const channel of facts.channels) {
    const fault = columnNameFault(channel, spec.source.columns.time);
    if (fault === null) continue;
    yield {
      level: 'warning',
      rule: 'channel-name',
      subject: `channel "${channel}"`,
      reason: `${fault}; its rows become rejects`,
      fix: 'Rename the channel in the source, or leave its rows among the rejects.',
    };
  }
  const outside = facts.channels.filter((channel) => {
    const home = layout.home(channel);
    return home.kind === 'ignored' || (home.kind === 'rejected' && home.rule !== 'channel-name');
  });
  if (outside.length > 0) {
    yield {
      level: 'warning',
      rule: 'channel-outside-groups',
      subject: `${outside.length} channels`,
      reason: `no group has them, so their rows are ${policy === 'ignore' ? 'skipped' : 'rejected'}: ${sampleOf(outside)}`,
      fix: 'Add them to a group, or set outside.policy: add.',
    };
  }
  const names = new Map<string, string>();
  for (const ship of facts.ships) {
    for (const group of layout.groups.keys()) {
      const name = layout.tableName(ship, group);
      const owner = `ship ${ship}${layout.groups.length > 1 ? `, group ${layout.groups[group]?.name}` : ''}`;
      const other = names.get(name);
      names.set(name, owner);
      const bytes = Buffer.byteLength(name);
      if (bytes > MAX_NAME_BYTES) {
        yield {
          level: 'error',
          rule: 'table-name-long',
          subject: owner,
          reason: `table name "${name}" has ${bytes} bytes; Postgres cuts off after ${MAX_NAME_BYTES}`,
          fix: 'Shorten target.table or the names of the groups.',
        };
      }
      if (other !== undefined) {
        yield {
          level: 'error',
          rule: 'table-name-twice',
          subject: owner,
          reason: `table name "${name}" is also that of ${other}`,
          fix: 'Change target.table so that it has {ship} and, with several groups, {group}.',
        };
      }
    }
  }
}

function* checkFormats(facts: CheckFacts, sample: SchemaSample): Generator<Finding> {
  const { spec } = facts.parts;
  const known = new Set(Object.keys(spec.source.columns.values));
  const what = spec.mismatch === 'reject' ? 'become rejects' : 'become NULL';
  const bad = sample.channels.filter((one) => one.mismatches > 0);
  if (bad.length > 0) {
    const rows = bad.reduce((sum, one) => sum + one.mismatches, 0);
    const formats = [...new Set(bad.map((one) => one.format ?? 'NULL'))];
    yield {
      level: 'warning',
      rule: 'format-mismatch',
      subject: `${rows} of ${sample.rows} sampled rows`,
      reason: `the column that their format names is empty but another is filled (formats ${formats.join(', ')}); they ${what}`,
      fix: formats.every((format) => known.has(format))
        ? 'Look at them in the source; see `mismatch` in the migration file.'
        : 'Add the missing formats to source.columns.values.',
    };
  }
  if (spec.target.columnType !== 'native') return;
  const mixed = [...formatsByChannel(sample)].filter(([, formats]) => formats.size > 1);
  if (mixed.length > 0) {
    yield {
      level: 'info',
      rule: 'format-mixed',
      subject: `${mixed.length} channels`,
      reason: `have values of several formats, so their columns are text: ${sampleOf(mixed.map(([channel]) => channel))}`,
      fix: '',
    };
  }
}

function* checkWidths(facts: CheckFacts, sample: SchemaSample): Generator<Finding> {
  const { layout, spec } = facts.parts;
  for (const group of layout.groups.keys()) {
    const columns = widestShip(facts, sample, group);
    const label = layout.groups.length > 1 ? `group ${layout.groups[group]?.name}` : 'the table';
    const time = { type: facts.table.columns.time.type, maxBytes: 8 };
    const needed = rowBytes([time, ...columns]);
    const limit = Math.floor(MAX_ROW_BYTES * ROW_FILL);
    if (columns.length + 1 > MAX_COLUMNS) {
      yield {
        level: 'error',
        rule: 'too-many-columns',
        subject: label,
        reason: `${columns.length} channels; a Postgres table has at most ${MAX_COLUMNS} columns`,
        fix: `Divide it into ${fittingRuns(time, columns).length} groups.`,
      };
    } else if (needed > limit) {
      const runs = fittingRuns(time, columns);
      yield {
        level: 'error',
        rule: 'row-too-wide',
        subject: label,
        reason: `a row of ${columns.length} ${spec.target.columnType === 'text' ? 'text ' : ''}columns takes ${needed} bytes; a page holds ${MAX_ROW_BYTES}, and more than ${limit} is refused`,
        fix:
          `Divide it into ${runs.length} groups, in order of channel id: ` +
          `${runs.map((run) => `${run.length} (${run[0]?.channel} to ${run.at(-1)?.channel})`).join('; ')}. ` +
          `\`drover run --schema-only\` writes their list files.${spec.target.columnType === 'text' ? ' Or set target.columnType: native.' : ''}`,
      };
    } else {
      yield {
        level: 'info',
        rule: 'row-width',
        subject: label,
        reason: `${columns.length} channels, ${needed} of ${MAX_ROW_BYTES} bytes a row`,
        fix: '',
      };
    }
  }
}

function sampleOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
