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
import type { Stage } from './lane.ts';
import { LineSplitter } from './line-splitter.ts';
import type { LongTime } from './long-lines.ts';
import type { PivotParts } from './parts.ts';
import { LinePivot } from './pivot-lines.ts';
import type { Span } from './range.ts';
import { type RejectList, rejectOfItem } from './reject-items.ts';
import { pivotCopySql } from './source-query.ts';
import type { SourceTable } from './source-table.ts';
import type { StagedTable, StageWriter } from './stage-writer.ts';
import type { ChunkTable, ChunkTables } from './table-plan.ts';

/** Rows go to staging when a table has this many bytes; fewer where there are many tables. */
const FLUSH_BYTES = { least: 64 * 1024, most: 1024 * 1024, together: 16 * 1024 * 1024 };

interface TransferEnds {
  readonly source: Session;
  readonly table: SourceTable;
  readonly plan: ChunkTables;
  /** One per table of the plan, in its order. */
  readonly stages: readonly Stage[];
  readonly writer: StageWriter;
  readonly rejects: RejectList;
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
      ordered: !table.unique && this.#parts.spec.duplicates !== 'reject',
    });
    await this.#stream(source.copyOut(copy), pivot, staged);
    for (const one of staged) if (one.buffer.length > 0) await this.#ends.writer.write(one);
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
  ): LinePivot {
    const { spec, layout } = this.#parts;
    const places = { source: this.#ends.table, layout, tables };
    return new LinePivot({ ships, tables, homeless }, spec, (item) => {
      this.#ends.rejects.add(rejectOfItem(item, places));
    });
  }

  async #stream(
    pieces: AsyncIterable<Buffer>,
    pivot: LinePivot,
    staged: readonly StagedTable[],
  ): Promise<void> {
    const splitter = new LineSplitter(this.#parts.maxLineBytes);
    const { least, most, together } = FLUSH_BYTES;
    const flushBytes = Math.max(least, Math.min(most, Math.floor(together / staged.length)));
    for await (const piece of pieces) {
      this.#bytesRead += piece.length;
      for (const line of splitter.push(piece)) {
        this.#rowsRead += pivot.line(line.bytes, line.start, line.end);
        for (const one of staged) {
          if (one.buffer.length >= flushBytes) await this.#flush(one);
        }
      }
      this.#context.progress({ rows: this.#rowsRead, bytes: this.#bytesRead });
    }
    if (splitter.unfinished > 0) {
      throw new DroverError('COUNT_MISMATCH', {
        message: 'The last line of the source is not complete.',
      });
    }
  }

  async #flush(one: StagedTable): Promise<void> {
    await this.#ends.writer.write(one);
    if (this.#copying) return;
    this.#copying = true;
    await this.#context.reached('copying');
  }

  #tally(pivot: LinePivot, part: TransferPart, staged: readonly StagedTable[]): void {
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

function buffer(pivot: LinePivot, index: number): StagedTable['buffer'] {
  const found = pivot.tables[index];
  if (found === undefined) throw new RangeError(`the pivot has no table ${index}`);
  return found;
}

function rejectOfLongTime(long: LongTime) {
  return {
    key: { ship: long.ship, time: long.time },
    rule: 'line-too-long',
    column: null,
    reason: 'all values of this ship and time together are longer than Drover takes in one piece',
    rows: long.rows,
    row: null,
  };
}
