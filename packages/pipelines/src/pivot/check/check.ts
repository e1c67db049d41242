import { type CheckContext, DroverError, type Finding } from '@drover/core';
import type { Database } from '@drover/postgres';
import { resolveMoment } from '../anchor.ts';
import { readChannels, readShips } from '../channels.ts';
import type { PivotParts } from '../parts.ts';
import { type SchemaSample, sampleSchema } from '../schema-sample.ts';
import { readSourceTable, type SourceTable } from '../source-table.ts';
import { checkLayout } from './check-layout.ts';
import { checkServer } from './check-server.ts';
import { checkSource } from './check-source.ts';
import { checkTarget } from './check-target.ts';
import { checkVolume } from './check-volume.ts';

/** How much of the newest data is looked at. */
const SAMPLE_MICROS = 10n * 60n * 1_000_000n;

/** What the checks after the first ones know. */
export interface CheckFacts {
  readonly parts: PivotParts;
  readonly context: CheckContext;
  readonly table: SourceTable;
  readonly ships: readonly string[];
  /** Channels of all ships: all of them where an index tells, else those of the sample. */
  readonly channels: readonly string[];
}

export async function* checkPivot(
  parts: PivotParts,
  context: CheckContext,
): AsyncGenerator<Finding> {
  let reachable = true;
  for (const [side, sql] of [
    ['source', parts.source],
    ['target', parts.target],
  ] as const) {
    try {
      yield* checkServer(sql, side, context);
    } catch (error) {
      reachable = false;
      yield failure(error, side, sql);
    }
  }
  if (!reachable) return;

  let table: SourceTable;
  try {
    table = await readSourceTable(parts.source, parts.spec);
  } catch (error) {
    yield failure(error, 'source', parts.source);
    return;
  }
  yield* checkSource(parts, table);
  try {
    yield* checkContents(parts, context, table);
  } catch (error) {
    yield failure(error, 'source', parts.source);
  }
}

async function* checkContents(
  parts: PivotParts,
  context: CheckContext,
  table: SourceTable,
): AsyncGenerator<Finding> {
  const present = await readShips(parts.source, table);
  const asked =
    context.options.entities ?? (parts.spec.ships === 'all' ? present : parts.spec.ships);
  for (const ship of asked.filter((one) => !present.includes(one))) {
    yield {
      level: 'warning',
      rule: 'ship-without-rows',
      subject: `ship ${ship}`,
      reason: 'the source has no row of it',
      fix: `Correct ships in the file. The source has: ${present.slice(0, 20).join(', ')}.`,
    };
  }
  if (present.length === 0) {
    yield {
      level: 'error',
      rule: 'source-empty',
      subject: `${table.schema}.${table.name}`,
      reason: 'the source table has no rows',
      fix: 'Correct source.schema and source.table.',
    };
    return;
  }
  const before = await resolveMoment(parts, table, context.options.to ?? parts.spec.to);
  const sample = await sampleSchema(parts.source, table, {
    ships: asked,
    sampleMicros: SAMPLE_MICROS,
    before,
  });
  const channels = await allChannels(parts, table, asked, sample);
  const facts: CheckFacts = { parts, context, table, ships: asked, channels };
  if (sample !== null) yield* checkLayout(facts, sample);
  yield* checkTarget(facts);
  if (sample !== null) yield* checkVolume(facts, sample);
}

async function allChannels(
  parts: PivotParts,
  table: SourceTable,
  ships: readonly string[],
  sample: SchemaSample | null,
): Promise<readonly string[]> {
  if (!table.pairIndex) return [...new Set(sample?.channels.map((one) => one.channel))];
  const byShip = await readChannels(parts.source, table, {
    ships: [...ships],
    from: null,
    to: null,
  });
  return [...new Set([...byShip.values()].flat())];
}

function failure(error: unknown, side: string, sql: Database): Finding {
  const known = error instanceof DroverError;
  return {
    level: 'error',
    rule: known ? error.code.toLowerCase().replaceAll('_', '-') : 'unknown',
    subject: `${side} (${sql.where})`,
    reason: error instanceof Error ? error.message : 'an unknown error',
    fix: known ? error.hint : 'Run again with --debug.',
  };
}
