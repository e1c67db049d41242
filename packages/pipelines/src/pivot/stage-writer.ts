import { DroverError } from '@drover/core';
import { type CopyIn, CopyInError, type Session } from '@drover/postgres';
import type { Stage } from './lane.ts';
import type { RejectList } from './reject-items.ts';
import { rejectOfRow } from './reject-items.ts';
import type { TableBuffer } from './table-buffer.ts';
import type { ChunkTable } from './table-plan.ts';

export interface StagedTable {
  readonly table: ChunkTable;
  readonly stage: Stage;
  readonly buffer: TableBuffer;
}

/** Puts buffered rows into their staging table. */
export interface StageWriter {
  write(staged: StagedTable): Promise<void>;
  /** Resolves when the server has taken everything. */
  finish(): Promise<void>;
  readonly bytes: number;
}

/** Larger buffers than this (a row with megabytes in it) are not kept for reuse. */
const MAX_SPARE_BYTES = 4 * 1024 * 1024;

/** Sends one COPY after another without waiting. Throws CopyInError at the first refused row. */
export class FastWriter implements StageWriter {
  readonly #copy: CopyIn;
  readonly #spares: Buffer[] = [];
  #rows = 0;
  bytes = 0;

  constructor(target: Session) {
    this.#copy = target.copyIn();
  }

  async write({ stage, buffer }: StagedTable): Promise<void> {
    const { rows, bytes, rowCells } = buffer.take(this.#spares.pop());
    this.#rows += rowCells.length;
    this.bytes += rows.length;
    await this.#copy.send(`copy ${stage.name} from stdin`, rows, () => {
      if (bytes.length <= MAX_SPARE_BYTES) this.#spares.push(bytes);
    });
  }

  async finish(): Promise<void> {
    await this.#copy.finish();
    if (this.#copy.rows !== this.#rows) {
      throw new DroverError('COUNT_MISMATCH', {
        message: `${this.#rows} rows were sent to staging, the server took ${this.#copy.rows}.`,
      });
    }
  }
}

/**
 * Sends each COPY behind a savepoint and waits for it. A row that the server refuses is cut out by the
 * line that the error names, becomes a reject, and the rest is sent again. Slower: used only for a chunk
 * that was refused once.
 */
export class CarefulWriter implements StageWriter {
  readonly #target: Session;
  readonly #rejects: RejectList;
  bytes = 0;

  constructor(target: Session, rejects: RejectList) {
    this.#target = target;
    this.#rejects = rejects;
  }

  async write({ table, stage, buffer }: StagedTable): Promise<void> {
    const taken = buffer.take(undefined);
    let rows = taken.rows;
    const cells = [...taken.rowCells];
    await this.#target.script('savepoint drover_copy');
    while (cells.length > 0) {
      const refused = await this.#tryCopy(stage, rows);
      if (refused === null) break;
      await this.#target.script('rollback to savepoint drover_copy');
      const cut = cutLine(rows, refused.line);
      const rowCells = cells.splice(refused.line, 1)[0] ?? 0;
      this.#rejects.add(rejectOfRow({ ...refused, line: cut.line, cells: rowCells }, table));
      buffer.written -= 1;
      buffer.loaded -= rowCells;
      buffer.rejected += rowCells;
      rows = cut.rest;
    }
    await this.#target.script('release savepoint drover_copy');
    this.bytes += rows.length;
  }

  async finish(): Promise<void> {}

  async #tryCopy(
    stage: Stage,
    rows: Buffer,
  ): Promise<{ line: number; rule: string; reason: string } | null> {
    const copy = this.#target.copyIn();
    try {
      await copy.send(`copy ${stage.name} from stdin`, rows, () => {});
      await copy.finish();
      return null;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null || refusal.line === null) throw error;
      return { line: refusal.line, ...REFUSALS[refusal.code] };
    }
  }
}

type RefusalCode = 'ROW_TOO_LARGE' | 'INVALID_VALUE';

const REFUSALS: Record<RefusalCode, { rule: string; reason: string }> = {
  ROW_TOO_LARGE: {
    rule: 'row-too-large',
    reason:
      'the wide row does not fit into a page of 8,160 bytes: spread the channels over more groups',
  },
  INVALID_VALUE: { rule: 'value-refused', reason: 'the target refused a value of the row' },
};

/** The data error behind a refused COPY; null for every other error. */
export function refusalOf(error: unknown): { code: RefusalCode; line: number | null } | null {
  if (!(error instanceof CopyInError) || !(error.cause instanceof DroverError)) return null;
  const { code } = error.cause;
  return code === 'ROW_TOO_LARGE' || code === 'INVALID_VALUE' ? { code, line: error.line } : null;
}

function cutLine(rows: Buffer, index: number): { line: Buffer; rest: Buffer } {
  let start = 0;
  for (let line = 0; line < index; line += 1) start = rows.indexOf(0x0a, start) + 1;
  const end = rows.indexOf(0x0a, start);
  return {
    line: rows.subarray(start, end),
    rest: Buffer.concat([rows.subarray(0, start), rows.subarray(end + 1)]),
  };
}
