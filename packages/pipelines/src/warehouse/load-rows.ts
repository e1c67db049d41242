import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { DroverError, type MoveContext, type Receipt, type Reject } from '@drover/core';
import { type LoadRequest, type LoadTarget, RowsRefused } from '@drover/doris';
import type { Session } from '@drover/postgres';
import { RejectList } from '../reject-list.ts';
import {
  type CopyWish,
  copyStatement,
  DELETED_COLUMN,
  MISFIT_STATE,
  misfitCondition,
} from './copy-statement.ts';
import { loadSeconds, visibleMs } from './labels.ts';
import { misfitsOf } from './misfit.ts';
import { namedRowsQuery, readNamedRow, readReject, rejectsQuery } from './misfit-rejects.ts';
import type { WarehouseParts } from './parts.ts';
import { isRefused, REFUSED_RULE, type RefusedKey, refusedKeys } from './refused-rows.ts';
import type { TablePlan } from './table-plan.ts';

/** Rows of one table that are loaded together, under one label. */
export interface RowsToLoad {
  readonly plan: TablePlan;
  readonly target: LoadTarget;
  /** SQL that gives rows `s`; by default the table. */
  readonly from?: string;
  /** SQL over `s`; null: all rows. */
  readonly where: string | null;
  /** Begins the transaction in whose snapshot the rows are read. Called again for each try. */
  readonly begin: (session: Session) => Promise<void>;
  /** With a load that its end commits: called when all rows are known and before they are committed. */
  readonly beforeCommit?: (loaded: LoadedRows) => Promise<void>;
}

export interface LoadedRows {
  readonly receipt: Receipt;
  readonly rejects: readonly Reject[];
  /** The transaction to commit; null where there is none, as no row was there. */
  readonly txnId: number | null;
}

/** How a try goes about rows that do not fit. */
interface Approach {
  readonly misfits: CopyWish['misfits'];
  readonly refused: readonly RefusedKey[];
}

/** Loads end for their rows so often in one attempt; more, and the rows are narrowed down by halving the chunk. */
const MAX_REFUSALS = 20;

/**
 * Reads the rows in one snapshot and sends them. Rows that do not fit become rejects: those that the source can
 * tell by its own rules, and those that Doris refused and named.
 * @throws DroverError ROWS_REFUSED, TOO_MANY_REJECTS, COUNT_MISMATCH, ...
 */
export async function loadRows(
  parts: WarehouseParts,
  rows: RowsToLoad,
  context: MoveContext,
): Promise<LoadedRows> {
  let approach: Approach = { misfits: 'stop', refused: [] };
  for (let refusals = 0; ; ) {
    try {
      const current = approach;
      return await parts.sessions.use(context, (session) =>
        loadOnce(parts, session, rows, current, context),
      );
    } catch (error) {
      if (error instanceof RowsRefused && isOfRules(rows.plan, approach)) {
        approach = { ...approach, misfits: 'leave' };
        await giveUp(parts, rows.target, context.signal);
      } else if (error instanceof RowsRefused) {
        refusals += 1;
        approach = withoutRefused(rows.plan, approach, error, refusals);
        await giveUp(parts, rows.target, context.signal);
      } else if (isMisfit(error) && approach.misfits === 'stop') {
        approach = { ...approach, misfits: 'leave' };
        await giveUp(parts, rows.target, context.signal);
      } else throw error;
      context.log.info('rows are set aside', {
        table: rows.plan.stream,
        misfits: approach.misfits,
        refused: approach.refused.length,
      });
    }
  }
}

/** The target may have refused what the source knows to tell by a rule, and names better. */
function isOfRules(plan: TablePlan, { misfits }: Approach): boolean {
  return misfits === 'stop' && misfitsOf(plan).some(({ refusedByTarget }) => refusedByTarget);
}

function withoutRefused(
  plan: TablePlan,
  approach: Approach,
  error: RowsRefused,
  refusals: number,
): Approach {
  const keys = refusedKeys(plan, error.rows);
  const known = new Set(approach.refused.map(({ texts }) => JSON.stringify(texts)));
  const found = keys.filter(({ texts }) => !known.has(JSON.stringify(texts)));
  if (found.length > 0 && refusals <= MAX_REFUSALS) {
    return { ...approach, refused: [...approach.refused, ...found] };
  }
  throw new DroverError('ROWS_REFUSED', { message: error.message, cause: error });
}

function isMisfit(error: unknown): boolean {
  return error instanceof DroverError && error.context['sqlstate'] === MISFIT_STATE;
}

/** The label is free again only when its load is over. */
async function giveUp(
  parts: WarehouseParts,
  target: LoadTarget,
  signal: AbortSignal,
): Promise<void> {
  await parts.loader.settleLabel(target, { txnId: null, withinMs: visibleMs(parts), signal });
}

async function loadOnce(
  parts: WarehouseParts,
  session: Session,
  rows: RowsToLoad,
  approach: Approach,
  context: MoveContext,
): Promise<LoadedRows> {
  const { plan, target } = rows;
  await session.bePatient();
  await rows.begin(session);
  const [at] = await session.query('select txid_current_snapshot()::text as snapshot');
  await context.reached('snapshot');
  const rejects = new RejectList(parts.spec.rejects);
  const left = approach.refused.length === 0 ? [] : [`not ${isRefused(plan, approach.refused)}`];
  if (approach.misfits === 'leave') {
    const { where, from } = rows;
    const of = { where, ...(from === undefined ? {} : { from }) };
    const query = rejectsQuery(plan, { ...of, limit: parts.spec.rejects.max + 1 });
    if (query !== null) {
      for (const row of await session.query(query)) rejects.add(readReject(plan, row));
    }
  }
  await addRefused(session, rows, approach, rejects);
  const wheres = [...(rows.where === null ? [] : [rows.where]), ...left];
  const statement = copyStatement(plan, {
    ...(rows.from === undefined ? {} : { from: rows.from }),
    where: wheres.length === 0 ? null : allOf(wheres),
    misfits: approach.misfits,
    ...(plan.deletedWhen === null ? {} : { deletedWhen: plan.deletedWhen }),
  });
  const copy = new CountedCopy(session, statement, context);
  const first = await copy.next();
  const loadedOf = (txnId: number | null, bytesWritten: number): LoadedRows => ({
    receipt: receiptOf(plan, copy, rejects, { bytesWritten, snapshot: at?.['snapshot'] ?? '' }),
    rejects: rejects.all,
    txnId,
  });
  if (first === null) {
    await session.script('commit');
    return loadedOf(null, 0);
  }
  await context.reached('copying');
  const twoPhase = parts.spec.load.commit === 'two-phase';
  async function* body() {
    yield first ?? Buffer.alloc(0);
    for (let piece = await copy.next(); piece !== null; piece = await copy.next()) yield piece;
    await rows.beforeCommit?.(loadedOf(null, copy.bytes));
  }
  const request: LoadRequest = {
    ...target,
    columns: [
      ...plan.columns.map(({ name }) => name),
      ...(plan.deletedWhen === null ? [] : [DELETED_COLUMN]),
    ],
    twoPhase,
    merge: plan.deletedWhen === null ? 'append' : { deleteWhen: `${DELETED_COLUMN}=1` },
    compress: parts.spec.load.compress,
    timeoutSeconds: loadSeconds(parts),
    body: parts.spec.load.compress === 'gzip' ? () => gzipped(body()) : body,
    signal: context.signal,
  };
  const reply = await loadOrCause(parts, request, copy);
  if (reply.loadedRows !== copy.rows || reply.filteredRows !== 0) {
    if (twoPhase) await giveUp(parts, target, context.signal);
    throw new DroverError('COUNT_MISMATCH', {
      message: `${plan.stream}: ${copy.rows} rows were sent, the target took ${reply.loadedRows} and left out ${reply.filteredRows}.${twoPhase ? ' Nothing was committed.' : ''}`,
    });
  }
  await session.script('commit');
  return loadedOf(reply.txnId, reply.bytes);
}

/** Where the source failed, its error is the one to know, not that of the connection that was cut for it. */
async function loadOrCause(parts: WarehouseParts, request: LoadRequest, copy: CountedCopy) {
  try {
    return await parts.loader.load(request);
  } catch (error) {
    throw copy.failure ?? error;
  }
}

const allOf = (conditions: readonly string[]): string =>
  conditions.map((one) => `(${one})`).join(' and ');

/** Rows that Doris has refused before, with what they hold. */
async function addRefused(
  session: Session,
  rows: RowsToLoad,
  { refused, misfits }: Approach,
  rejects: RejectList,
): Promise<void> {
  const { plan, where, from } = rows;
  // What the source's own rules set aside is a reject already.
  const misfit = misfits === 'leave' ? misfitCondition(plan, plan.columns) : null;
  // One pass over the rows for each reason, of which there are few.
  for (const reason of new Set(refused.map((key) => key.reason))) {
    const conditions = [
      isRefused(
        plan,
        refused.filter((key) => key.reason === reason),
      ),
      ...(where === null ? [] : [where]),
      ...(misfit === null ? [] : [`not (${misfit})`]),
    ];
    const of = { ...(from === undefined ? {} : { from }), where: allOf(conditions) };
    for (const row of await session.query(namedRowsQuery(plan, of))) {
      const why = { rule: REFUSED_RULE, column: null, reason };
      rejects.add({ ...readNamedRow(plan, row), ...why, rows: 1 });
    }
  }
}

/** The bytes of a COPY, counted, at the pace that the limits on the load allow. */
class CountedCopy {
  rows = 0;
  bytes = 0;
  failure: unknown;
  readonly #pieces: AsyncGenerator<Buffer, void, undefined>;
  readonly #context: MoveContext;

  constructor(session: Session, statement: string, context: MoveContext) {
    this.#context = context;
    this.#pieces = session.copyOut(statement, (rows) => {
      this.rows = rows;
    });
  }

  /** null at the end. */
  async next(): Promise<Buffer | null> {
    try {
      const piece = await this.#pieces.next();
      if (piece.done === true) return null;
      this.bytes += piece.value.length;
      this.#context.progress({ rows: this.rows, bytes: this.bytes });
      await this.#context.pace();
      return piece.value;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

async function* gzipped(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const gzip = createGzip({ level: 1 });
  // Whatever ends the one ends the other; who reads is told.
  pipeline(Readable.from(body), gzip, () => {});
  yield* gzip as AsyncIterable<Uint8Array>;
}

function receiptOf(
  plan: TablePlan,
  copy: Pick<CountedCopy, 'rows' | 'bytes'>,
  rejects: RejectList,
  of: { bytesWritten: number; snapshot: string },
): Receipt {
  const tally = {
    read: copy.rows + rejects.rows,
    loaded: copy.rows,
    rejected: rejects.rows,
    skipped: 0,
    nulled: 0,
    written: copy.rows,
  };
  return {
    ...tally,
    bytesRead: copy.bytes,
    bytesWritten: of.bytesWritten,
    parts: [{ part: `${plan.database}.${plan.table}`, ...tally }],
    sourceSnapshot: { snapshot: of.snapshot },
  };
}
