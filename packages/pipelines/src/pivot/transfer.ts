import {
  addTallies,
  DroverError,
  EMPTY_TALLY,
  isBalanced,
  type MoveContext,
  type PartTally,
  type Receipt,
  type Tally,
} from '@drover/core';
import type { Session } from '@drover/postgres';
import type { RejectList } from '../reject-list.ts';
import type { Stage } from './lane.ts';
import type { LongTime } from './long-times.ts';
import type { PivotParts } from './parts.ts';
import { NeedsText } from './pivot-plan.ts';
import type { Span } from './range.ts';
import { rejectOfItem } from './reject-items.ts';
import { COMPILE_SETTINGS, pivotCopySql, type TextPair } from './source-query.ts';
import type { SourceTable } from './source-table.ts';
import type { StagedTable, StageWriter } from './stage-writer.ts';
import type { ChunkTable, ChunkTables } from './table-plan.ts';
import { TuplePivot } from './tuple-pivot.ts';
import { TupleReader } from './tuple-reader.ts';

/** Rows go to staging when a table has this many bytes; fewer where there are many tables. */
const FLUSH_BYTES = { least: 64 * 1024, most: 1024 * 1024, together: 8 * 1024 * 1024 };

interface TransferEnds {
  readonly source: Session;
  readonly table: SourceTable;
  readonly plan: ChunkTables;
  /** One per table of the plan, in its order. */
  readonly stages: readonly Stage[];
  readonly writer: StageWriter;
  readonly rejects: RejectList;
  /** All ships that the snapshot has, where that is quickly told; else null. */
  readonly snapshotShips: readonly string[] | null;
  /** Pairs whose values are asked for as text. */
  readonly textPairs: readonly TextPair[];
}

interface TransferPart {
  readonly ships: readonly string[];
  readonly span: Span;
  readonly long: readonly LongTime[];
}

/** Streams a span from the source through the pivot into the staging tables, and keeps the tally. */
export class Transfer {
  readonly staged: StagedTable[] = [];
  readonly #parts: PivotParts;
  readonly #ends: TransferEnds;
  readonly #context: MoveContext;
  readonly #tallies: PartTally[] = [];
  #bytesRead = 0;
  #rowsRead = 0;
  #copying = false;

  constructor(parts: PivotParts, ends: TransferEnds, context: MoveContext) {
    this.#parts = parts;
    this.#ends = ends;
    this.#context = context;
  }

  async run(part: TransferPart): Promise<void> {
    const { source, table, plan, stages } = this.#ends;
    const chosen = plan.tables.flatMap((one, index) =>
      part.ships.includes(one.ship) ? [{ table: one, stage: stages[index] as Stage }] : [],
    );
    const homeless = plan.homeless.filter((pair) => part.ships.includes(pair.ship));
    const tables = chosen.map((one) => one.table);
    const pivot = this.#pivot(part.ships, tables, homeless);
    const staged = chosen.map((one, index) => ({ ...one, buffer: buffer(pivot, index) }));
    this.staged.push(...staged);

    const channels = [...tables.flatMap((one) => one.columns), ...homeless].map(
      (one) => one.channel,
    );
    const copy = pivotCopySql(table, {
      ships: part.ships,
      channels,
      span: part.span,
      without: part.long.map((one) => one.time),
      everyShip: this.#ends.snapshotShips?.every((ship) => part.ships.includes(ship)) ?? false,
      ordered: !table.unique && this.#parts.spec.duplicates !== 'reject',
      asText: tables.every(isAllText) ? 'all' : this.#ends.textPairs,
    });
    const reader = new TupleReader({
      fields: part.ships.length === 1 ? 3 : 4,
      maxBytes: this.#parts.maxTupleBytes,
    });
    if (table.timeIndex) await source.script(COMPILE_SETTINGS);
    await this.#stream(source.copyOut(copy), { reader, pivot, staged });
    for (const one of staged) if (one.buffer.rows.length > 0) await this.#ends.writer.write(one);
    this.#tally(pivot, part, staged);
  }

  /** @throws DroverError COUNT_MISMATCH where the tally does not add up. */
  receipt(sourceSnapshot: string): Receipt {
    const total = this.#tallies.reduce<Tally>(addTallies, EMPTY_TALLY);
    if (!isBalanced(total) || total.rejected !== this.#ends.rejects.rows) {
      throw new DroverError('COUNT_MISMATCH', {
        message: `read ${total.read}, but loaded ${total.loaded}, rejected ${total.rejected} (${this.#ends.rejects.rows} on the list), skipped ${total.skipped}.`,
      });
    }
    return {
      ...total,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#ends.writer.bytes,
      parts: this.#tallies.filter((tally) => tally.read > 0),
      sourceSnapshot,
    };
  }

  #pivot(
    ships: readonly string[],
    tables: readonly ChunkTable[],
    homeless: ChunkTables['homeless'],
  ): TuplePivot {
    const { spec, layout } = this.#parts;
    const places = { source: this.#ends.table, layout, tables };
    const valueTypes = this.#ends.table.columns.values.map((value) => value.type);
    return new TuplePivot({ ships, tables, homeless, valueTypes }, spec, (item) => {
      this.#ends.rejects.add(rejectOfItem(item, places));
    });
  }

  /** @throws NeedsText where the wide columns need other forms of the values than were asked for. */
  async #stream(
    pieces: AsyncIterable<Buffer>,
    {
      reader,
      pivot,
      staged,
    }: { reader: TupleReader; pivot: TuplePivot; staged: readonly StagedTable[] },
  ): Promise<void> {
    const { least, most, together } = FLUSH_BYTES;
    const flushBytes = Math.max(least, Math.min(most, Math.floor(together / staged.length)));
    for await (const piece of pieces) {
      this.#bytesRead += piece.length;
      for (const tuple of reader.push(piece)) {
        this.#rowsRead += pivot.push(tuple);
        for (const one of staged) {
          if (one.buffer.length >= flushBytes) await this.#flush(one);
        }
      }
      this.#context.progress({ rows: this.#rowsRead, bytes: this.#bytesRead });
      await this.#context.pace();
    }
    if (!reader.ended) {
      throw new DroverError('COUNT_MISMATCH', {
        message: 'The stream of the source is not whole.',
      });
    }
    if (pivot.needText.size > 0) throw new NeedsText([...pivot.needText.values()]);
  }

  async #flush(one: StagedTable): Promise<void> {
    await this.#ends.writer.write(one);
    if (this.#copying) return;
    this.#copying = true;
    await this.#context.reached('copying');
  }

  #tally(pivot: TuplePivot, part: TransferPart, staged: readonly StagedTable[]): void {
    for (const [index, { table, buffer: counts }] of staged.entries()) {
      this.#tallies.push({
        part: table.name,
        read: pivot.readPerTable[index] ?? 0,
        loaded: counts.loaded,
        rejected: counts.rejected,
        skipped: counts.skipped,
        nulled: counts.nulled,
        written: counts.written,
      });
    }
    for (const [index, ship] of part.ships.entries()) {
      const skipped = pivot.skippedPerShip[index] ?? 0;
      const long = part.long.filter((one) => one.ship === ship);
      for (const one of long) this.#ends.rejects.add(rejectOfLongTime(one));
      const rejected =
        (pivot.rejectedPerShip[index] ?? 0) + long.reduce((sum, one) => sum + one.rows, 0);
      this.#tallies.push({
        ...EMPTY_TALLY,
        part: `${ship}, no table`,
        read: skipped + rejected,
        rejected,
        skipped,
      });
    }
  }
}

/** Values of every column are text: none has to be told apart. */
function isAllText(table: ChunkTable): boolean {
  return table.columns.every((column) => column.accepts === null);
}

function buffer(pivot: TuplePivot, index: number): StagedTable['buffer'] {
  const found = pivot.tables[index];
  if (found === undefined) throw new RangeError(`the pivot has no table ${index}`);
  return found;
}

function rejectOfLongTime(long: LongTime) {
  return {
    key: { ship: long.ship, time: long.time },
    rule: 'time-too-long',
    column: null,
    reason: 'all values of this ship and time together are longer than Drover takes in one piece',
    rows: long.rows,
    row: null,
  };
}
