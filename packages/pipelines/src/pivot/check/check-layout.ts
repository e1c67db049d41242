import type { Finding } from '@drover/core';
import { MAX_NAME_BYTES } from '@drover/postgres';
import { columnNameFault } from '../layout.ts';
import type { SchemaSample } from '../schema-sample.ts';
import { formatsByChannel } from '../widest-ship.ts';
import type { CheckFacts } from './check.ts';
import { checkWidths } from './check-widths.ts';

/** Whether the channels can become columns, the columns tables, and the rows pages. */
export function* checkLayout(facts: CheckFacts, sample: SchemaSample): Generator<Finding> {
  yield* checkChannels(facts);
  yield* checkTableNames(facts);
  yield* checkFormats(facts, sample);
  yield* checkWidths(facts, sample);
}

function* checkChannels(facts: CheckFacts): Generator<Finding> {
  const { layout, spec } = facts.parts;
  const { schema, table, columns } = spec.source;
  const channels = [...new Set([...facts.channels.values()].flat())];
  for (const channel of channels) {
    const fault = columnNameFault(channel, columns.time);
    if (fault === null) continue;
    yield {
      level: 'warning',
      rule: 'channel-name',
      subject: `channel "${channel}"`,
      reason: `${fault}; its rows become rejects`,
      fix: `Write it under another ${columns.channel} in ${schema}.${table}, or leave its rows among the rejects.`,
    };
  }
  const outside = channels.filter((channel) => {
    const home = layout.home(channel);
    return home.kind === 'ignored' || (home.kind === 'rejected' && home.rule !== 'channel-name');
  });
  if (outside.length > 0) {
    yield {
      level: 'warning',
      rule: 'channel-outside-groups',
      subject: `${outside.length} channels`,
      reason: `no group has them, so their rows are ${spec.outside.policy === 'ignore' ? 'skipped' : 'rejected'}: ${sampleOf(outside)}`,
      fix: `Add them to one of the groups ${layout.groups.map((group) => group.name).join(', ')}, or set outside.policy: add.`,
    };
  }
}

function* checkTableNames(facts: CheckFacts): Generator<Finding> {
  const { layout, spec } = facts.parts;
  const names = new Map<string, string>();
  for (const ship of facts.ships) {
    for (const group of layout.groups.keys()) {
      const name = layout.tableName(ship, group);
      const owner = `ship ${ship}${layout.groups.length > 1 ? `, group ${layout.groups[group]?.name}` : ''}`;
      const other = names.get(name);
      names.set(name, owner);
      const bytes = Buffer.byteLength(name);
      if (name === '' || bytes > MAX_NAME_BYTES) {
        yield {
          level: 'error',
          rule: name === '' ? 'table-name-empty' : 'table-name-long',
          subject: owner,
          reason:
            name === ''
              ? 'its table would have no name'
              : `table name "${name}" has ${bytes} bytes; Postgres cuts off after ${MAX_NAME_BYTES}`,
          fix: `Change target.table, now ${spec.target.table}${layout.groups.length > 1 ? ', or the names of the groups' : ''}, or leave the ship out of ships.`,
        };
      }
      if (other !== undefined) {
        yield {
          level: 'error',
          rule: 'table-name-twice',
          subject: owner,
          reason: `table name "${name}" is also that of ${other}`,
          fix: `Part {ship} and {group} in target.table, now ${spec.target.table}, by something that no name has.`,
        };
      }
      if (facts.sameDatabase && isSource(facts, name)) {
        yield {
          level: 'error',
          rule: 'target-is-source',
          subject: owner,
          reason: `its table would be ${spec.target.schema}.${name}, which is the source itself`,
          fix: `Change target.schema, or target.table, now ${spec.target.table}.`,
        };
      }
    }
  }
}

function isSource({ parts: { spec }, table }: CheckFacts, name: string): boolean {
  return spec.target.schema === table.schema && name === table.name;
}

function* checkFormats(facts: CheckFacts, sample: SchemaSample): Generator<Finding> {
  const { spec } = facts.parts;
  const { format, values } = spec.source.columns;
  const what = spec.mismatch === 'reject' ? 'become rejects' : 'become NULL';
  const bad = sample.channels.filter((one) => one.mismatches > 0);
  const unknown = bad.filter((one) => one.format === null || !Object.hasOwn(values, one.format));
  const contrary = bad.filter((one) => !unknown.includes(one));
  if (unknown.length > 0) {
    const named = new Map(unknown.map((one) => [one.format, one.filled]));
    const missing = [...named].flatMap(([name, filled]) =>
      name === null || filled === null ? [] : [`${JSON.stringify(name)}: ${filled}`],
    );
    const advice = [
      ...(missing.length === 0 ? [] : [`Add to source.columns.values: ${missing.join(', ')}.`]),
      ...(named.has(null)
        ? [`Fill ${format} where it is NULL, or leave the rows as they are.`]
        : []),
    ];
    yield {
      level: 'warning',
      rule: 'format-unknown',
      subject: `${rowsOf(unknown)} of ${sample.rows} sampled rows`,
      reason: `source.columns.values does not say which column holds the values of format ${[...named.keys()].map((name) => name ?? 'NULL').join(', ')}; they ${what}`,
      fix: advice.join(' '),
    };
  }
  if (contrary.length > 0) {
    yield {
      level: 'warning',
      rule: 'format-mismatch',
      subject: `${rowsOf(contrary)} of ${sample.rows} sampled rows`,
      reason: `the column that their format names is empty but another is filled (${[...new Set(contrary.map((one) => `${one.format} has ${one.filled}`))].join(', ')}); they ${what}`,
      fix: `Correct ${format} in the source, or see \`mismatch\`; channels: ${sampleOf([...new Set(contrary.map((one) => one.channel))])}.`,
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

function rowsOf(samples: readonly { readonly mismatches: number }[]): number {
  return samples.reduce((sum, one) => sum + one.mismatches, 0);
}

function sampleOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
