import { z } from 'zod';
import { type ConnectionSpec, connectionSchema } from './connection.ts';
import { NO_DURATION, parseDuration, parseRelative } from './duration.ts';
import type { Host } from './host.ts';
import type { Pipeline, PipelineKind } from './pipeline.ts';
import { type Throttle, throttleSchema } from './throttle.ts';
import { parseTimestamp } from './timestamp.ts';

/** Of statistics: what the workers tell is no newer, and the ledger has better to do. */
const SHORTEST_INTERVAL_MICROS = 1_000_000n;

const NO_MOMENT = 'is no moment; write for example 2026-01-31, 2026-01-31 08:15:00 or now-1h';

/** A value that is missing, or empty, is told as that. */
function whereGiven(message: string) {
  return ({ input }: { input?: unknown }) =>
    input === undefined || input === null ? undefined : message;
}

/** `24h`, `90m`, `1d12h`: read into microseconds. */
export const durationSchema = z
  .string({ error: whereGiven(NO_DURATION) })
  .transform((text, context) => {
    const micros = parseDuration(text);
    if (micros === null) {
      context.addIssue({ code: 'custom', message: NO_DURATION });
      return z.NEVER;
    }
    return micros;
  });

/** A moment, absolute or relative to the source's clock; kept as written. */
export const momentSchema = z
  .union([z.string(), z.date().transform((date) => date.toISOString())], {
    error: whereGiven(NO_MOMENT),
  })
  .refine((text) => parseTimestamp(text) !== null || parseRelative(text) !== null, NO_MOMENT);

/** What every migration file has, whatever its pipeline. */
export const migrationFileShape = {
  name: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9_-]{0,62}$/,
      'is no name; write lower-case letters, digits, - and _, at most 63',
    )
    .describe('Names the migration in the ledger; a new name is a new migration.'),
  queue: z
    .strictObject({
      url: z
        .string()
        .regex(
          /^(rediss?|postgres(ql)?):\/\//,
          'is no queue; write redis://, rediss:// or postgres:// and the rest',
        )
        .describe('Redis, or a Postgres 13 or later where there is no Redis.'),
      prefix: z.string().min(1).default('drover').describe('Start of every key in Redis.'),
    })
    .describe('What carries the chunks to the workers.'),
  rejects: z
    .strictObject({
      max: z
        .number()
        .int()
        .min(0)
        .default(10_000)
        .describe('Rejects in one chunk above which the chunk is parked instead.'),
      maxPerRun: z
        .number()
        .int()
        .min(0)
        .default(100_000)
        .describe('Rejects in a run above which the chunks that have more are parked instead.'),
      keepRows: z
        .boolean()
        .default(true)
        .describe('Store the rejected row itself in the ledger, not only its key.'),
      redact: z
        .array(z.string().min(1))
        .default([])
        .describe('Columns and channels whose values are left out of the stored rows.'),
    })
    .prefault({}),
  attempts: z
    .strictObject({
      max: z.number().int().min(1).default(5).describe('Failed attempts before a chunk is parked.'),
      firstPause: durationSchema
        .prefault('1s')
        .describe('Pause before the second attempt; doubles each time, with jitter.'),
      longestPause: durationSchema.prefault('5m').describe('Pauses grow no longer than this.'),
    })
    .prefault({}),
  throttle: throttleSchema
    .prefault({})
    .describe('Limits on the load; `drover throttle` sets others while a run goes on.'),
  statistics: z
    .strictObject({
      every: durationSchema
        .refine((micros) => micros >= SHORTEST_INTERVAL_MICROS, 'is too often; write 1s or more')
        .optional()
        .describe('Commands that watch a run print a line so often; 1s or more. Absent: no lines.'),
      csv: z
        .string()
        .min(1)
        .optional()
        .describe(
          'CSV file to which they append a row so often, by default each 10 seconds; relative to this file.',
        ),
    })
    .prefault({})
    .describe('Statistics of runs; the options --statistics and --statistics-csv come first.'),
} as const;

export const connectionShape = { connection: connectionSchema } as const;

/** What every pipeline's file has in common, once read. */
export interface MigrationSpec {
  readonly name: string;
  readonly pipeline: PipelineKind;
  readonly queue: { readonly url: string; readonly prefix: string };
  readonly rejects: { readonly maxPerRun: number };
  readonly attempts: {
    readonly max: number;
    readonly firstPause: bigint;
    readonly longestPause: bigint;
  };
  readonly throttle: Throttle;
  readonly statistics: {
    readonly every?: bigint | undefined;
    readonly csv?: string | undefined;
  };
}

/** A pipeline as the registry knows it: how its file is read, and how it is made from one. */
export interface PipelineDefinition<Spec extends MigrationSpec = MigrationSpec> {
  readonly kind: PipelineKind;
  readonly schema: z.ZodType<Spec>;
  /** Files that the migration file names, relative to it; their contents belong to the migration. */
  listFiles(spec: Spec): readonly string[];
  /** Where the ledger of such a migration lives. */
  ledgerConnection(spec: Spec): ConnectionSpec;
  create(input: PipelineInput<Spec>): Pipeline;
}

export interface PipelineInput<Spec extends MigrationSpec = MigrationSpec> {
  readonly spec: Spec;
  /** Contents of `listFiles`, by the names that the file gives them. */
  readonly lists: ReadonlyMap<string, string>;
  readonly host: Host;
}
