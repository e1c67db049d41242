import type { Host, Pipeline } from '@drover/core';
import {
  endSessions,
  measureNumber,
  openDatabase,
  probeServer,
  replicationLagMs,
  serverUsage,
} from '@drover/postgres';
import { analyzePivot } from './analyze.ts';
import { openPivot, uncoveredShips } from './anchor.ts';
import { checkPivot } from './check/check.ts';
import { finishTable } from './finish.ts';
import { openLanePool } from './lane.ts';
import { Layout } from './layout.ts';
import { moveSpan } from './move.ts';
import { moveNullKeys } from './null-keys.ts';
import type { PivotParts } from './parts.ts';
import { planPivot, splitPivot } from './plan.ts';
import { prepareShip } from './prepare.ts';
import { describeRange, parseDataRange } from './range.ts';
import { pivotSelections } from './selections.ts';
import type { PivotSpec } from './spec.ts';
import { TargetCatalogue } from './target-table.ts';
import { TextPairs } from './text-pairs.ts';
import { verifyNullKeys, verifySpan } from './verify.ts';

/** Longest tuple taken from the source in one piece: one timestamp of all ships of the chunk. */
const MAX_TUPLE_BYTES = 256 * 1024 * 1024;

/** Without an index planning reads the whole source, which may take hours. */
const LONGEST_LOOK_MS = 6 * 3600 * 1000;

interface PivotInput {
  readonly spec: PivotSpec;
  /** Contents of the channel list files, by the name that the file gives them. */
  readonly lists: ReadonlyMap<string, string>;
  readonly host: Host;
  readonly maxTupleBytes?: number;
}

/** Narrow time series to wide tables per ship. */
export function createPivot(input: PivotInput): Pipeline {
  const parts = openParts(input);
  return {
    kind: 'pivot',
    incremental: false,
    exclusive: false,
    check: (context) => checkPivot(parts, context),
    analyze: (options) => analyzePivot(parts, options),
    open: (context) => openPivot(parts, context),
    plan: (phase, anchor, context) => planPivot(parts, phase, anchor, context),
    move(chunk, context) {
      if (chunk.phase === 'prepare') return prepareShip(parts, chunk.range, context);
      if (chunk.phase === 'finish') return finishTable(parts, chunk.range, context);
      const range = parseDataRange(chunk.range);
      return 'nullKeys' in range ? moveNullKeys(parts, context) : moveSpan(parts, range, context);
    },
    split: (chunk) => splitPivot(chunk, parts.spec.chunk.length),
    verify(chunk, context) {
      const range = parseDataRange(chunk.range);
      return 'nullKeys' in range
        ? verifyNullKeys(parts, context)
        : verifySpan(parts, range, context);
    },
    selections: pivotSelections({ chunkMicros: parts.spec.chunk.length }),
    async probe() {
      const outages = await Promise.all([
        probeServer(parts.sourceSpec, 'source'),
        probeServer(parts.targetSpec, 'target'),
      ]);
      return outages.filter((outage) => outage !== null);
    },
    measure: (sql) => measureNumber(parts.sourceControl, sql),
    async replicationLagMs() {
      const lags = await Promise.all([parts.sourceControl, parts.target].map(replicationLagMs));
      const known = lags.filter((lag) => lag !== null);
      return known.length === 0 ? null : Math.max(...known);
    },
    uncovered: (anchor) => uncoveredShips(parts, anchor),
    describe: describeRange,
    async evict(names) {
      await Promise.all([
        endSessions(parts.sourceControl, names),
        endSessions(parts.target, names),
      ]);
    },
    timeLimitMs: () => Number(parts.spec.chunk.timeLimit / 1000n),
    connections: () => parts.lanes.connections,
    usage: () =>
      Promise.all([
        serverUsage(parts.sourceControl, 'source'),
        serverUsage(parts.target, 'target'),
      ]),
    async close() {
      await parts.lanes.close();
      await Promise.all(
        [parts.source, parts.sourceControl, parts.target].map((one) => one.close()),
      );
    },
  };
}

function openParts({ spec, lists, host, maxTupleBytes }: PivotInput): PivotParts {
  const sourceSpec = spec.source.connection;
  const targetSpec = spec.target.connection;
  const applicationName = 'drover';
  return {
    spec,
    layout: new Layout(spec, lists),
    sourceSpec,
    targetSpec,
    source: openDatabase(sourceSpec, {
      side: 'source',
      applicationName,
      max: 2,
      answerTimeoutMs: LONGEST_LOOK_MS,
    }),
    sourceControl: openDatabase(sourceSpec, { side: 'source', applicationName, max: 1 }),
    target: openDatabase(targetSpec, { side: 'target', applicationName, max: 2 }),
    lanes: openLanePool({ source: sourceSpec, target: targetSpec }),
    catalogue: new TargetCatalogue(spec.target.schema),
    random: () => host.random(),
    maxTupleBytes: maxTupleBytes ?? MAX_TUPLE_BYTES,
    textPairs: new TextPairs(),
  };
}
