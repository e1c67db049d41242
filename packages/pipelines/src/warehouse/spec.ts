import {
  connectionSchema,
  connectionShape,
  durationSchema,
  migrationFileShape,
  sizeSchema,
} from '@drover/core';
import { z } from 'zod';
import { parseTargetType } from './target-type.ts';

const name = z.string().min(1);

/** Forms that node would not let through as part of a header or of a host. */
const nodeUrl = z
  .string()
  .regex(
    /^https?:\/\/[^/@?#\s]+\/?$/,
    'is no node; write for example http://doris:8030, without user, password or path',
  );

const expression = z.string().refine((text) => {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}, 'is no regular expression; write for example ^tmp_');

const misfitPolicy = z
  .enum(['reject', 'null', 'clamp', 'truncate'])
  .describe(
    'reject: the row is set aside; null: NULL instead; clamp: the nearest date or number that fits; truncate: the text is cut.',
  );

const schemaChoice = z.union([
  name.transform((text) => ({ name: text, tables: null, exclude: [], excludeRegex: [] })),
  z.strictObject({
    name: name.describe('The schema.'),
    tables: z.array(name).min(1).nullable().default(null).describe('Only these tables.'),
    exclude: z.array(name).default([]).describe('Not these tables.'),
    excludeRegex: z
      .array(expression)
      .default([])
      .describe('Not tables in whose name one of these is found.'),
  }),
]);

const columnException = z.strictObject({
  type: name
    .optional()
    .describe('Type in the target instead of the mapped one, e.g. DECIMAL(18,4) or JSON.'),
  name: name.optional().describe('Name in the target.'),
  misfit: misfitPolicy.optional(),
  leaveOut: z.boolean().default(false).describe('The column is not moved.'),
});

const tableException = z.strictObject({
  name: name.describe('schema.table of the source.'),
  target: name.optional().describe('Name of the table in the target.'),
  key: z
    .array(name)
    .min(1)
    .optional()
    .describe('Columns that identify a row, for a view or a table whose key is not declared.'),
  watermark: name.optional().describe('Column that grows with every change, for `drover sync`.'),
  deletedWhen: name
    .optional()
    .describe(
      'Condition in SQL that is true for rows that count as deleted, e.g. deleted_at is not null.',
    ),
  sweepDeletes: z
    .boolean()
    .default(false)
    .describe('`drover sync` compares the keys of both sides, and deletes what the source lacks.'),
  columns: z.record(z.string(), columnException).default({}).describe('By name in the source.'),
});

const fields = z.strictObject({
  ...migrationFileShape,
  pipeline: z.literal('warehouse').describe('The way to move the data.'),
  ledger: z
    .strictObject({ connection: connectionSchema })
    .describe('A Postgres for the state of record, as Doris cannot hold it.'),
  source: z
    .strictObject({
      ...connectionShape,
      schemas: z
        .union([z.literal('all'), z.array(schemaChoice).min(1)])
        .describe('all, or a list of schemas.'),
      excludeSchemas: z.array(name).default([]).describe('With all: not these.'),
      views: z
        .enum(['skip', 'copy'])
        .default('skip')
        .describe('Views and foreign tables; materialized views are tables.'),
    })
    .describe('Where the tables are. They are only read.'),
  target: z
    .strictObject({
      fe: z
        .union([nodeUrl.transform((url) => [url]), z.array(nodeUrl).min(1)])
        .describe('HTTP addresses of frontends, e.g. http://doris:8030.'),
      queryPort: z
        .number()
        .int()
        .min(1)
        .max(65535)
        .default(9030)
        .describe('Port of the frontends for statements (MySQL protocol).'),
      user: name.describe('User; needs the rights to create, load and select.'),
      password: z
        .string()
        .default('')
        .describe('Never written out: a reference to a variable of the environment.'),
      tls: z.boolean().default(false).describe('Statements over TLS.'),
      via: z
        .enum(['auto', 'be', 'fe'])
        .default('auto')
        .describe('Loads straight to backends, or through the redirect of a frontend.'),
      be: z
        .array(nodeUrl)
        .default([])
        .describe('HTTP addresses of backends, where those that the frontend names do not answer.'),
      database: name
        .default('{schema}')
        .describe('Database of a table; {schema} stands for the schema of the source.'),
      table: name
        .default('{table}')
        .describe('Name of a table; {schema} and {table} stand for themselves.'),
      replicas: z
        .number()
        .int()
        .min(1)
        .optional()
        .describe('Copies of each tablet; by default 3, or as many as there are backends.'),
    })
    .describe('Apache Doris.'),
  tables: z.array(tableException).default([]).describe('What is different for single tables.'),
  types: z
    .strictObject({
      json: z
        .enum(['string', 'json'])
        .default('string')
        .describe('json, jsonb, arrays, composites: as text, lossless, or as JSON.'),
      numeric: z
        .string()
        .regex(
          /^(string|DECIMAL\(\d{1,2}, ?\d{1,2}\))$/,
          'is no choice; write string or for example DECIMAL(38,9)',
        )
        .refine((text) => text === 'string' || parseTargetType(text) !== null, {
          error:
            'is no type of Doris; a DECIMAL has at most 38 digits, some or all of them after the point',
        })
        .default('string')
        .describe('numeric without a precision: as text, lossless, or as a decimal.'),
      misfit: misfitPolicy.default('reject'),
    })
    .prefault({}),
  chunk: z
    .strictObject({
      bytes: sizeSchema
        .prefault('256MB')
        .describe('Bytes of the source that one chunk should read.'),
      rows: z
        .number()
        .int()
        .min(1)
        .default(2_000_000)
        .describe('Rows that one chunk should read at most.'),
      timeLimit: durationSchema.prefault('30m').describe('Longer, and the chunk is split.'),
    })
    .prefault({}),
  load: z
    .strictObject({
      commit: z
        .enum(['two-phase', 'single'])
        .default('two-phase')
        .describe(
          'two-phase: counts are compared before the commit; single: for clusters that refuse it.',
        ),
      compress: z
        .enum(['off', 'gzip'])
        .default('off')
        .describe('Pays where the network is slower than the processor.'),
      parts: z
        .number()
        .int()
        .min(1)
        .max(64)
        .default(4)
        .describe('Loads at once into a table without a key, which one worker moves alone.'),
      timeout: durationSchema.prefault('1h').describe('After this Doris gives a load up.'),
      visible: durationSchema
        .prefault('10m')
        .describe('How long to wait until what was committed can be read.'),
      answer: durationSchema
        .prefault('1m')
        .describe('How long to wait for an answer that is no load.'),
    })
    .prefault({}),
  sync: z
    .strictObject({
      margin: durationSchema
        .prefault('5s')
        .describe(
          'Newest changes that are left to the next sync, as their transactions may be open.',
        ),
    })
    .prefault({}),
});

/** The migration file of a warehouse. */
export const warehouseSpecSchema = fields;

export type WarehouseSpec = z.output<typeof warehouseSpecSchema>;

export type TableException = WarehouseSpec['tables'][number];
