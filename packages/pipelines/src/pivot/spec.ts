import { connectionShape, durationSchema, migrationFileShape, momentSchema } from '@drover/core';
import { z } from 'zod';

const name = z.string().min(1);

/** YAML reads an unquoted 1 as a number; as a name it is meant as written. */
const nameOrNumber = z.union([name, z.number().transform(String)]);

/** Column names of the narrow table; the defaults are those of the ship data platform. */
const columns = z
  .strictObject({
    entity: name.default('ship_id').describe('Whose sample it is: one set of wide tables each.'),
    channel: name.default('data_channel_id').describe('Becomes a column name, to the letter.'),
    time: name.default('created_time').describe('Becomes the key of the wide row.'),
    format: name.default('value_format').describe('Says which value column holds the value.'),
    values: z
      .record(name, name)
      .default({ Decimal: 'double_v', Integer: 'long_v', String: 'str_v', Boolean: 'bool_v' })
      .refine((map) => Object.keys(map).length <= 20, 'takes at most 20 formats')
      .describe('Format to value column.'),
    order: name
      .default('id')
      .describe('Decides first and last among duplicates where no key forbids them.'),
  })
  .prefault({});

const patterns = z.union([name.transform((one) => [one]), z.array(name).min(1)]);

const expressions = patterns.refine((list) => list.every(isExpression), {
  message: 'is no regular expression; write one of JavaScript, for example ^/hs4sd_v1/me01/',
});

function isExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

const channels = z
  .union([
    z.strictObject({ file: name.describe('One channel id a line, beside the migration file.') }),
    z.strictObject({ list: z.array(z.string()).min(1).describe('Channel ids.') }),
    z.strictObject({
      glob: patterns.describe('Patterns; * stays within a path segment, ** crosses them.'),
    }),
    z.strictObject({
      regex: expressions.describe('JavaScript regular expressions, found anywhere in the id.'),
    }),
  ])
  .describe('Exactly one of file, list, glob, regex.');

const group = z.strictObject({
  name: nameOrNumber.describe('Takes the place of {group} in the table name.'),
  title: z.string().optional().describe('For people; Drover does not read it.'),
  channels,
});

const duration = durationSchema;

const pivotFields = z.strictObject({
  ...migrationFileShape,
  pipeline: z.literal('pivot').describe('The way to move the data.'),
  source: z
    .strictObject({
      ...connectionShape,
      schema: name.default('tenant').describe('Schema of the narrow table.'),
      table: name
        .default('tbl_data_timeseries')
        .describe('The narrow table, partitioned ones and views included.'),
      columns,
      timeZone: name
        .default('UTC')
        .describe('In which times without a zone are meant; "now" is taken in it.'),
    })
    .describe('The narrow table, and where it is. It is only read.'),
  target: z
    .strictObject({
      ...connectionShape,
      schema: name
        .default('tenant')
        .describe('Schema of the wide tables; made where it is not there.'),
      table: name
        .refine(
          (pattern) => pattern.includes('{ship}'),
          'needs {ship}; write for example tbl_data_timeseries_{ship}',
        )
        .optional()
        .describe(
          'Pattern of table names. By default tbl_data_timeseries_{ship}, with groups tbl_data_timeseries_{ship}_{group}.',
        ),
      columnType: z
        .enum(['native', 'text'])
        .default('native')
        .describe('native: the type of the value column that the format names; text: all as text.'),
      index: z
        .enum(['btree', 'brin'])
        .default('btree')
        .describe('btree: primary key on time. brin: a BRIN index on time, no primary key.'),
      secondaryIndexes: z
        .array(
          z.strictObject({
            columns: z
              .array(z.string().min(1))
              .min(1)
              .describe('Column names, channels among them.'),
            using: z.enum(['btree', 'brin']).default('btree').describe('Kind of the index.'),
          }),
        )
        .default([])
        .describe('Further indexes, made in each table that has all the columns.'),
      buildIndexes: z
        .enum(['before', 'after'])
        .default('after')
        .describe('Whether secondary indexes are built before the data or after.'),
    })
    .describe('The wide tables, and where they are. The ledger lives there, too.'),
  ships: z
    .union([z.literal('all'), z.array(nameOrNumber).min(1)])
    .prefault('all')
    .describe('all, or a list of ids.'),
  groups: z.array(group).prefault([]).describe('Without groups each ship has one table.'),
  outside: z
    .strictObject({
      policy: z
        .enum(['add', 'ignore', 'reject'])
        .default('add')
        .describe('add: a column is added; ignore: counted as skipped; reject: counted and kept.'),
      group: nameOrNumber
        .optional()
        .describe('With add: the group that takes them; the last by default.'),
    })
    .prefault({})
    .describe('What happens to channels that no group names.'),
  chunk: z
    .strictObject({
      length: duration.prefault('24h').describe('Length of time that one chunk covers.'),
      ships: z
        .enum(['auto', 'apart', 'together'])
        .default('auto')
        .describe('auto: together where an index leads with time, else apart.'),
      timeLimit: duration.prefault('30m').describe('Longer, and the chunk is split.'),
    })
    .prefault({}),
  from: momentSchema.optional().describe('First moment, included. Absent: from the first row.'),
  to: momentSchema.optional().describe('Last moment, excluded.'),
  cutoff: momentSchema
    .optional()
    .describe('Where backfill ends and realtime begins; remembered per ship.'),
  duplicates: z
    .enum(['last', 'first', 'reject'])
    .default('last')
    .describe('Rows with the same ship, channel and time, where no key forbids them.'),
  mismatch: z
    .enum(['reject', 'null'])
    .default('reject')
    .describe('A value whose format contradicts the filled column, or the type of its column.'),
});

/** The migration file of a pivot. */
export const pivotSpecSchema = pivotFields.transform((spec, context) => {
  const names = spec.groups.map((one) => one.name);
  const twice = names.findIndex((one, index) => names.indexOf(one) !== index);
  if (twice !== -1) {
    const message = `names group "${names[twice]}" a second time; give each group a name of its own`;
    context.addIssue({ code: 'custom', path: ['groups', twice, 'name'], message });
  }
  const asked = spec.outside.group;
  if (asked !== undefined && !names.includes(asked)) {
    const message = `names group "${asked}", which is not among the groups; ${names.length === 0 ? 'there are none' : `write one of ${names.join(', ')}`}`;
    context.addIssue({ code: 'custom', path: ['outside', 'group'], message });
  }
  const table =
    spec.target.table ?? `tbl_data_timeseries_{ship}${names.length > 0 ? '_{group}' : ''}`;
  if (names.length > 1 && !table.includes('{group}')) {
    const message =
      'needs {group}, as several groups cannot share a table; write for example tbl_data_timeseries_{ship}_{group}';
    context.addIssue({ code: 'custom', path: ['target', 'table'], message });
  }
  return { ...spec, target: { ...spec.target, table } };
});

export type PivotSpec = z.output<typeof pivotSpecSchema>;
