import {
  type ClaimedChunk,
  type Host,
  type Json,
  type MoveContext,
  noLog,
  type Pipeline,
  type Receipt,
  type VerifyContext,
} from '@drover/core';
import { type DorisAddress, Loader, Nodes, openStatements, probeDoris } from '@drover/doris';
import {
  AttemptPool,
  endSessions,
  measureNumber,
  openDatabase,
  probeServer,
  replicationLagMs,
  Session,
  serverUsage,
} from '@drover/postgres';
import { anchorTable, openWarehouse, parseAnchor } from './anchor.ts';
import { checkWarehouse } from './check/check.ts';
import { type ChunkRange, describeChunkRange, parseChunkRange } from './chunk-range.ts';
import { finishTable } from './finish.ts';
import { moveRows } from './move.ts';
import type { WarehouseParts } from './parts.ts';
import { planWarehouse, splitWarehouse } from './plan.ts';
import { Catalogue } from './plans.ts';
import { prepareTable, targetStatements } from './prepare.ts';
import { warehouseSelections } from './selections.ts';
import type { WarehouseSpec } from './spec.ts';
import type { TablePlan } from './table-plan.ts';
import { targetLimits } from './target-limits.ts';
import { verifyRows } from './verify.ts';
import { moveWhole } from './whole.ts';

/** Planning may sample many blocks of a large table. */
const LONGEST_LOOK_MS = 6 * 3600 * 1000;

/** Longer than any statement that verification makes for one chunk. */
const STATEMENT_SECONDS = 6 * 3600;

/** Statements at once: attempts verify, planning and eviction ask besides. */
const STATEMENTS_AT_ONCE = 16;

/** As long as a timer of Node can wait: a table without a key is moved in one piece, however large. */
const NO_LIMIT_MS = 2 ** 31 - 1;

export interface WarehouseInput {
  readonly spec: WarehouseSpec;
  readonly host: Host;
}

/** Tables of a Postgres into Apache Doris. */
export function createWarehouse(input: WarehouseInput): Pipeline {
  const parts = openParts(input);
  const timeLimitMs = Number(parts.spec.chunk.timeLimit / 1000n);
  return {
    kind: 'warehouse',
    incremental: true,
    exclusive: true,
    check: (context) => checkWarehouse(parts, context),
    open: (context) => openWarehouse(parts, context),
    plan: (phase, anchor, context) => planWarehouse(parts, phase, anchor, context),
    move: (chunk, context) => moveChunk(parts, chunk, context),
    split: (chunk) => splitWarehouse(parts, chunk),
    verify: (chunk, context) => verifyChunk(parts, chunk, context),
    timeLimitMs: (range) => (isWhole(parseChunkRange(range)) ? NO_LIMIT_MS : timeLimitMs),
    selections: warehouseSelections,
    async uncovered(anchor) {
      const known = new Set(parseAnchor(anchor).tables.map(({ stream }) => stream));
      const { byStream } = await parts.catalogue.plans();
      return [...byStream.keys()].filter((stream) => !known.has(stream));
    },
    ddl: (anchor) => targetStatements(parts, parseAnchor(anchor)),
    describe: describeChunkRange,
    async probe() {
      const outages = await Promise.all([
        probeServer(parts.sourceSpec, 'source'),
        probeDoris(parts.nodes.address),
      ]);
      return outages.filter((outage) => outage !== null);
    },
    measure: (sql) => measureNumber(parts.sourceControl, sql),
    replicationLagMs: () => replicationLagMs(parts.sourceControl),
    async evict(names) {
      await endSessions(parts.sourceControl, names);
    },
    connections: () => parts.sessions.connections + parts.statements.connections,
    usage: async () => [await serverUsage(parts.sourceControl, 'source')],
    async close() {
      await Promise.all(
        [parts.sessions, parts.statements, parts.source, parts.sourceControl].map((one) =>
          one.close(),
        ),
      );
    },
  };
}

const isWhole = ({ kind }: ChunkRange): boolean => kind === 'whole' || kind === 'sweep';

async function planOf(
  parts: WarehouseParts,
  anchorJson: Json,
  { stream }: ChunkRange,
): Promise<TablePlan> {
  const { fingerprint } = anchorTable(parseAnchor(anchorJson), stream);
  return parts.catalogue.plan(stream, fingerprint);
}

async function moveChunk(
  parts: WarehouseParts,
  chunk: ClaimedChunk,
  context: MoveContext,
): Promise<Receipt> {
  const range = parseChunkRange(chunk.range);
  const anchor = parseAnchor(context.anchor);
  const plan = await planOf(parts, context.anchor, range);
  switch (range.kind) {
    case 'table':
      return prepareTable(parts, { plan, chunk, anchor }, context);
    case 'whole':
      return moveWhole(parts, { plan, chunk }, context);
    case 'sweep':
    case 'watermark':
      return finishTable(parts, { plan, chunk, range }, context);
    case 'keys':
    case 'list':
    case 'changes':
      return moveRows(parts, { plan, chunk, range, anchor }, context);
  }
}

async function verifyChunk(parts: WarehouseParts, chunk: ClaimedChunk, context: VerifyContext) {
  const range = parseChunkRange(chunk.range);
  const plan = await planOf(parts, context.anchor, range);
  return verifyRows(parts, { plan, range }, context);
}

function openParts({ spec, host }: WarehouseInput): WarehouseParts {
  const sourceSpec = spec.source.connection;
  const applicationName = 'drover';
  const { fe, be, via, queryPort, user, password, tls } = spec.target;
  const address: DorisAddress = { fe, be, via, queryPort, user, password, tls };
  const statements = openStatements(address, {
    max: STATEMENTS_AT_ONCE,
    timeoutSeconds: STATEMENT_SECONDS,
  });
  const answerMs = Number(spec.load.answer / 1000n);
  const nodes = new Nodes({ address, log: noLog, answerMs });
  const source = openDatabase(sourceSpec, {
    side: 'source',
    applicationName,
    max: 2,
    answerTimeoutMs: LONGEST_LOOK_MS,
  });
  return {
    spec,
    sourceSpec,
    source,
    sourceControl: openDatabase(sourceSpec, { side: 'source', applicationName, max: 1 }),
    sessions: new AttemptPool({
      open: (name) => Session.open(sourceSpec, { side: 'source', applicationName: name }),
      connectionsEach: 1,
    }),
    statements,
    nodes,
    loader: new Loader(nodes),
    catalogue: new Catalogue({ source, spec, limits: () => targetLimits(statements) }),
    uuid: () => host.uuid(),
  };
}
