import type { CheckContext, Finding } from '@drover/core';
import type { Database } from '@drover/postgres';
import { checkBudget } from '../../check/check-budget.ts';
import { checkServer } from '../../check/check-server.ts';
import { guarded, placeOf } from '../../check/guarded.ts';
import { readServerFacts, type ServerFacts } from '../../check/server-facts.ts';
import { resolveMoment } from '../anchor.ts';
import { type ChannelMap, readChannels, readShips } from '../channels.ts';
import type { PivotParts } from '../parts.ts';
import { type SchemaSample, sampleSchema } from '../schema-sample.ts';
import { readSourceTable, type SourceTable } from '../source-table.ts';
import { checkLayout } from './check-layout.ts';
import { checkSource } from './check-source.ts';
import { checkTarget, checkTargetRights } from './check-target.ts';
import { checkVolume } from './check-volume.ts';

/** How much of the newest data is looked at. */
const SAMPLE_MICROS = 10n * 60n * 1_000_000n;

/** Connections of a process besides those of its attempts: planning and control; the ledger, added columns. */
const [SOURCE_BESIDES, TARGET_BESIDES] = [3, 7];

/** What the checks after the first ones know. */
export interface CheckFacts {
  readonly parts: PivotParts;
  readonly context: CheckContext;
  readonly table: SourceTable;
  readonly target: ServerFacts;
  /** Source and target are one database: names can collide. */
  readonly sameDatabase: boolean;
  /** The run would drop the tables that are there. */
  readonly dropTables: boolean;
  /** The ships that were asked for, whether or not the source has them. */
  readonly ships: readonly string[];
  /** All ships that the source has. */
  readonly present: readonly string[];
  /** Channels of each ship: all of them where an index tells, else those of the sample. */
  readonly channels: ChannelMap;
}

interface Servers {
  readonly source: ServerFacts;
  readonly target: ServerFacts;
}

/** Looks at everything that could stop a migration, and says what to do about it. Writes nothing. */
export async function* checkPivot(
  parts: PivotParts,
  context: CheckContext,
): AsyncGenerator<Finding> {
  const [sourcePlace, targetPlace] = [
    placeOf('source', parts.source),
    placeOf('target', parts.target),
  ];
  const source = yield* guarded(sourcePlace, reach(parts.source, 'source'));
  const target = yield* guarded(targetPlace, reach(parts.target, 'target'));
  if (source === null || target === null) return;
  const budget = checkBudget(
    [
      { side: 'source', sql: parts.source, facts: source, perAttempt: 1, besides: SOURCE_BESIDES },
      { side: 'target', sql: parts.target, facts: target, perAttempt: 1, besides: TARGET_BESIDES },
    ],
    context.attemptsAtOnce,
  );
  yield* guarded(targetPlace, budget);
  yield* guarded(targetPlace, checkTargetRights(parts, target.role));
  yield* guarded(sourcePlace, checkContents(parts, context, { source, target }));
}

async function* reach(
  sql: Database,
  side: 'source' | 'target',
): AsyncGenerator<Finding, ServerFacts> {
  const facts = await readServerFacts(sql);
  yield* checkServer(sql, side, facts);
  return facts;
}

async function* checkContents(
  parts: PivotParts,
  context: CheckContext,
  servers: Servers,
): AsyncGenerator<Finding> {
  const table = await readSourceTable(parts.source, parts.spec);
  const readable = yield* checkSource(parts, table, servers.source.role);
  if (!readable) return;
  const present = await readShips(parts.source, table);
  const ships =
    context.options.entities ?? (parts.spec.ships === 'all' ? present : parts.spec.ships);
  if (present.length === 0) {
    yield {
      level: 'error',
      rule: 'source-empty',
      subject: `source ${table.schema}.${table.name}`,
      reason: 'the source table has no rows',
      fix: `Correct source.schema, now ${table.schema}, and source.table, now ${table.name}.`,
    };
    return;
  }
  const known = ships.filter((ship) => present.includes(ship));
  for (const ship of ships.filter((one) => !known.includes(one))) {
    yield {
      level: 'warning',
      rule: 'ship-without-rows',
      subject: `ship ${ship}`,
      reason: `${table.schema}.${table.name} has no row of it`,
      fix: `Correct ships in the file. The source has: ${present.slice(0, 20).join(', ')}.`,
    };
  }
  const until = context.options.to ?? parts.spec.to;
  const before = await resolveMoment(parts, table, until);
  const sample = await sampleSchema(parts.source, table, {
    ships: known,
    sampleMicros: SAMPLE_MICROS,
    before,
  });
  if (sample === null) {
    yield {
      level: 'warning',
      rule: 'range-empty',
      subject: `source ${table.schema}.${table.name}`,
      reason: `has no row before ${before ?? 'infinity'}: nothing would be moved`,
      fix: `Correct \`to\`, now ${until ?? 'absent'}.`,
    };
  }
  const facts: CheckFacts = {
    parts,
    context,
    table,
    target: servers.target,
    sameDatabase:
      servers.source.identity === servers.target.identity &&
      servers.source.database === servers.target.database,
    dropTables: context.options.dropTables === true,
    ships,
    present,
    channels: await allChannels(parts, table, known, sample),
  };
  if (sample !== null) yield* checkLayout(facts, sample);
  yield* guarded(placeOf('target', parts.target), checkTarget(facts, sample));
  if (sample !== null) yield* checkVolume(facts, sample);
}

async function allChannels(
  parts: PivotParts,
  table: SourceTable,
  ships: readonly string[],
  sample: SchemaSample | null,
): Promise<ChannelMap> {
  if (table.pairIndex)
    return readChannels(parts.source, table, { ships: [...ships], from: null, to: null });
  const channels = new Map<string, string[]>(ships.map((ship) => [ship, []]));
  for (const { ship, channel } of sample?.channels ?? []) {
    const list = channels.get(ship);
    if (list !== undefined && !list.includes(channel)) list.push(channel);
  }
  return channels;
}
