import { z } from 'zod';
import { NO_DURATION, parseDuration } from './duration.ts';
import { hoursSchema } from './hours.ts';

/** Limits on the load of a migration, in its file and from `drover throttle`; absent is no limit. */
export const throttleSchema = z.strictObject({
  chunksPerSecond: z
    .number()
    .min(0.0001)
    .max(1000)
    .optional()
    .describe('Starts of chunks, over all workers together; fractions are fine.'),
  concurrency: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Chunks at once in each worker, which never takes more than it was started with.'),
  rowsPerSecond: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Source rows, over all workers together.'),
  query: z
    .strictObject({
      sql: z
        .string()
        .min(1)
        .describe(
          'Query on the source, asked every 2 seconds: one number; tables with their schema.',
        ),
      below: z.number().describe('Work is held while the number is not below this.'),
    })
    .optional()
    .describe('While work is held, no chunk is started and those in hand do not read on.'),
  replicationLag: z
    .string()
    .refine((text) => parseDuration(text) !== null, NO_DURATION)
    .optional()
    .describe('Work is held while a standby of source or target lags more than this.'),
  hours: hoursSchema.optional().describe('Work is held outside of these hours.'),
});

export type Throttle = z.output<typeof throttleSchema>;

export type LimitName = keyof Throttle;

export const LIMIT_NAMES: readonly LimitName[] = throttleSchema.keyof().options;

/** What a person set while it runs; null is a limit that was lifted, also one of the file. */
export type ThrottleSettings = { readonly [Name in LimitName]?: Throttle[Name] | null };

/** How the load of a migration stands, as the ledger has it. */
export interface LoadRecord {
  readonly settings: ThrottleSettings;
  /** Why work was held when it was last looked at, for people; null where nothing held it. */
  readonly held: string | null;
  /** How long ago that was; null where nobody ever looked. */
  readonly measuredMsAgo: number | null;
  /** Workers that gave a sign of life within the last seconds. */
  readonly workers: number;
}

/** The limits of the file, under those that were set or lifted while it runs. */
export function limitsInForce(file: Throttle, settings: ThrottleSettings): Throttle {
  const entries = Object.entries({ ...file, ...settings });
  return throttleSchema.parse(Object.fromEntries(entries.filter(([, limit]) => limit !== null)));
}

/** Whether any of the limits can hold all work. */
export function canHold({ query, replicationLag, hours }: Throttle): boolean {
  return [query, replicationLag, hours].some((limit) => limit !== undefined);
}

/** A verdict that is older is none: whoever measures does so every few seconds. */
const STALE_MS = 15_000;

/** Why work is held; null where it is not. What is not known to let it go on holds it. */
export function heldBy(
  limits: Throttle,
  { held, measuredMsAgo }: Pick<LoadRecord, 'held' | 'measuredMsAgo'>,
): string | null {
  if (!canHold(limits)) return null;
  if (measuredMsAgo !== null && measuredMsAgo < STALE_MS) return held;
  return 'nobody has measured lately whether it may go on; a worker or `drover run` does';
}
