import { DroverError } from '@drover/core';
import { type CopyIn, CopyInError, type Session } from '@drover/postgres';
import type { RejectList } from '../reject-list.ts';
import type { Stage } from './lane.ts';
import { rejectOfRow } from './reject-items.ts';
import { COPY_HEADER, COPY_TRAILER, type TableBuffer } from './table-buffer.ts';
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
    const { rows, bytes, copy } = buffer.take(this.#spares.pop());
    this.#rows += rows.length;
    this.bytes += copy.length;
    await this.#copy.send(copyStatement(stage), copy, () => {
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

/** A row in binary, and how many source rows are in it. */
interface Row {
  readonly bytes: Buffer;
  readonly cells: number;
}

/**
 * Sends each COPY behind a savepoint and waits for it, so that refused rows can be singled out and become
 * rejects while the rest is loaded. Slower: used only for a chunk that was refused once.
 */
export class CarefulWriter implements StageWriter {
  readonly #target: Session;
  readonly #rejects: RejectList;
  bytes = 0;

  constructor(target: Session, rejects: RejectList) {
    this.#target = target;
    this.#rejects = rejects;
  }

  async write(staged: StagedTable): Promise<void> {
    const { bytes, rows } = staged.buffer.take(undefined);
    let start = COPY_HEADER.length;
    const cut = rows.map(({ end, cells }) => {
      const row = { bytes: bytes.subarray(start, end), cells };
      start = end;
      return row;
    });
    await this.#place(staged, cut);
  }

  async finish(): Promise<void> {}

  async #place(staged: StagedTable, rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const refusal = await this.#tryCopy(staged.stage, rows);
    if (refusal === null) return;
    const [only] = rows;
    if (only !== undefined && rows.length === 1) {
      this.#reject(staged, only, refusal.code);
      return;
    }
    const named = refusal.code === 'INVALID_VALUE' ? rows[refusal.line ?? -1] : undefined;
    if (named !== undefined) {
      this.#reject(staged, named, refusal.code);
      await this.#place(
        staged,
        rows.filter((row) => row !== named),
      );
      return;
    }
    // Rows are inserted many at a time: for one that is too large the line in the error is that of the last
    // row read, not its own (CopyMultiInsertBufferFlush). Nobody can say, so the rows are halved.
    const middle = Math.ceil(rows.length / 2);
    await this.#place(staged, rows.slice(0, middle));
    await this.#place(staged, rows.slice(middle));
  }

  #reject({ table, buffer }: StagedTable, row: Row, code: RefusalCode): void {
    this.#rejects.add(rejectOfRow({ ...row, ...REFUSALS[code] }, table));
    buffer.written -= 1;
    buffer.loaded -= row.cells;
    buffer.rejected += row.cells;
  }

  async #tryCopy(
    stage: Stage,
    rows: readonly Row[],
  ): Promise<{ code: RefusalCode; line: number | null } | null> {
    const whole = Buffer.concat([COPY_HEADER, ...rows.map((row) => row.bytes), COPY_TRAILER]);
    await this.#target.script('savepoint drover_copy');
    const copy = this.#target.copyIn();
    try {
      await copy.send(copyStatement(stage), whole, () => {});
      await copy.finish();
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      await this.#target.script('rollback to savepoint drover_copy; release savepoint drover_copy');
      return refusal;
    }
    await this.#target.script('release savepoint drover_copy');
    this.bytes += whole.length;
    return null;
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

function copyStatement(stage: Stage): string {
  return `copy ${stage.name} from stdin (format binary)`;
}
