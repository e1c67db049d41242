import { DroverError } from '@drover/core';
import { FIRST_VALUE_TAG, MISMATCH_TAG, NULL_TAG, SEPARATOR } from './framing.ts';
import { KeyList } from './key-list.ts';
import { TableBuffer } from './table-buffer.ts';

/** A column of one of the chunk's tables. */
export interface PivotColumn {
  readonly channel: string;
  /** The value columns, by index, whose values fit; null where any may come, as text. */
  readonly accepts: readonly number[] | null;
}

export interface PivotTable {
  readonly ship: string;
  readonly columns: readonly PivotColumn[];
}

/** A channel of a ship that goes to no table. */
export interface Homeless {
  readonly ship: string;
  readonly channel: string;
  readonly action: 'skip' | 'reject';
}

export interface PivotOptions {
  readonly duplicates: 'last' | 'first' | 'reject';
  readonly mismatch: 'reject' | 'null';
}

export interface RejectedItem {
  readonly rule: 'homeless' | 'mismatch' | 'duplicate';
  readonly ship: string;
  readonly channel: string;
  readonly time: string;
  /** The table that the value was meant for; null where it has none. */
  readonly table: number | null;
  /** The item as framed: its tag, then its bytes. */
  readonly item: Buffer;
}

/** What a pair of ship and channel is, where it has no cell. */
const UNKNOWN = -1;
const SKIPPED = -2;
const REJECTED = -3;

/** Every bit: values of any column fit. */
const ANY = -1;

const TAB = 0x09;
const ZERO = 0x30;

/** States of a cell within the present line. */
const VALUE = 0;
const EMPTY = 1;
const VALUE_WITH_SEPARATORS = 2;
const VOID = 3;

/**
 * Turns lines (framing.ts) into rows of COPY text, one buffer per table. Works on bytes: a value is
 * never decoded. Every narrow row is counted as loaded, rejected or skipped, or the line throws.
 *
 * Keys are found by guessing that a ship's channels come in the order they came in last time, and
 * comparing all bytes; only a wrong guess costs a look-up.
 */
export class LinePivot {
  readonly tables: readonly TableBuffer[];
  /** Source rows that were meant for each table. */
  readonly readPerTable: Float64Array;
  readonly skippedPerShip: Float64Array;
  readonly rejectedPerShip: Float64Array;
  readonly ships: readonly string[];

  readonly #options: PivotOptions;
  readonly #onReject: (item: RejectedItem) => void;
  readonly #shipKeys: KeyList;
  readonly #channelKeys: KeyList;
  readonly #channels: readonly string[];
  /** Cell by ship and channel, or one of the negative marks. */
  readonly #cellOf: Int32Array;
  readonly #tableOf: Int32Array;
  /** A bit per value column whose values fit. */
  readonly #accepts: Int32Array;
  /** The line in which a cell was filled last. */
  readonly #line: Int32Array;
  readonly #state: Uint8Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  readonly #firstCell: Int32Array;
  readonly #tableLine: Int32Array;
  readonly #tableBytes: Float64Array;
  #lineNumber = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #timeAt = 0;
  #timeEnd = 0;

  constructor(
    plan: {
      ships: readonly string[];
      tables: readonly PivotTable[];
      homeless: readonly Homeless[];
    },
    options: PivotOptions,
    onReject: (item: RejectedItem) => void,
  ) {
    this.#options = options;
    this.#onReject = onReject;
    this.ships = plan.ships;
    this.#shipKeys = new KeyList(plan.ships);
    this.#channels = [
      ...new Set([
        ...plan.tables.flatMap((table) => table.columns.map((column) => column.channel)),
        ...plan.homeless.map((pair) => pair.channel),
      ]),
    ];
    this.#channelKeys = new KeyList(this.#channels);
    const shipIndex = new Map(plan.ships.map((ship, index) => [ship, index]));
    const channelIndex = new Map(this.#channels.map((channel, index) => [channel, index]));
    const cells = plan.tables.reduce((sum, table) => sum + table.columns.length, 0);

    this.#cellOf = new Int32Array(plan.ships.length * this.#channels.length).fill(UNKNOWN);
    this.#tableOf = new Int32Array(cells);
    this.#accepts = new Int32Array(cells).fill(ANY);
    this.#line = new Int32Array(cells);
    this.#state = new Uint8Array(cells);
    this.#start = new Int32Array(cells);
    this.#end = new Int32Array(cells);
    this.#firstCell = new Int32Array(plan.tables.length + 1);
    this.#tableLine = new Int32Array(plan.tables.length);
    this.#tableBytes = new Float64Array(plan.tables.length);
    this.readPerTable = new Float64Array(plan.tables.length);
    this.skippedPerShip = new Float64Array(plan.ships.length);
    this.rejectedPerShip = new Float64Array(plan.ships.length);

    const place = (ship: string, channel: string, mark: number) => {
      const at =
        (shipIndex.get(ship) ?? 0) * this.#channels.length + (channelIndex.get(channel) ?? 0);
      this.#cellOf[at] = mark;
    };
    let cell = 0;
    for (const [number, table] of plan.tables.entries()) {
      this.#firstCell[number] = cell;
      for (const column of table.columns) {
        place(table.ship, column.channel, cell);
        this.#tableOf[cell] = number;
        if (column.accepts !== null) {
          this.#accepts[cell] = column.accepts.reduce((mask, index) => mask | (1 << index), 0);
        }
        cell += 1;
      }
    }
    this.#firstCell[plan.tables.length] = cell;
    for (const pair of plan.homeless) {
      place(pair.ship, pair.channel, pair.action === 'skip' ? SKIPPED : REJECTED);
    }
    this.tables = plan.tables.map(() => new TableBuffer());
  }

  /**
   * Appends to `tables` the rows that a line becomes; the caller empties those that are full.
   * @returns how many source rows the line held.
   */
  line(bytes: Buffer, start: number, end: number): number {
    this.#lineNumber += 1;
    const timeEnd = fieldEnd(bytes, start, end);
    this.#bytes = bytes;
    this.#timeAt = start;
    this.#timeEnd = timeEnd;
    const countEnd = fieldEnd(bytes, timeEnd + 1, end);
    let expected = 0;
    for (let at = timeEnd + 1; at < countEnd; at += 1)
      expected = expected * 10 + (bytes[at] as number) - ZERO;

    const oneShip = this.ships.length === 1;
    const shipsEnd = oneShip ? countEnd : fieldEnd(bytes, countEnd + 1, end);
    const channelsEnd = fieldEnd(bytes, shipsEnd + 1, end);
    let shipAt = countEnd + 1;
    let channelAt = shipsEnd + 1;
    let valueAt = channelsEnd + 1;
    let ship = 0;
    let channel = -1;

    for (let item = 0; item < expected; item += 1) {
      if (!oneShip) {
        ship = this.#shipKeys.match(bytes, shipAt, shipsEnd, ship);
        if (ship < 0) throw this.#unknown('ship', shipAt);
        shipAt += this.#shipKeys.length(ship) + 1;
      }
      channel = this.#channelKeys.matchNext(bytes, channelAt, channelsEnd, channel);
      if (channel < 0) throw this.#unknown('channel', channelAt);
      channelAt += this.#channelKeys.length(channel) + 1;

      // The value ends at a single separator; a doubled one belongs to it.
      let at = valueAt + 1;
      let doubled = false;
      while (at < end) {
        if (bytes[at] === SEPARATOR) {
          if (at + 1 < end && bytes[at + 1] === SEPARATOR) {
            doubled = true;
            at += 1;
          } else break;
        }
        at += 1;
      }
      const cell = this.#cellOf[ship * this.#channels.length + channel] as number;
      if (cell >= 0) this.#fill(cell, ship, channel, valueAt, at, doubled);
      else if (cell === SKIPPED)
        this.skippedPerShip[ship] = (this.skippedPerShip[ship] as number) + 1;
      else if (cell === REJECTED) {
        this.rejectedPerShip[ship] = (this.rejectedPerShip[ship] as number) + 1;
        this.#reject('homeless', ship, channel, null, valueAt, at);
      } else throw this.#unpaired(ship, channel);
      valueAt = at + 1;
    }
    // Each list must be used up exactly: an item more or less would mean that they do not belong together.
    if (
      channelAt !== channelsEnd + 1 ||
      valueAt !== end + 1 ||
      (!oneShip && shipAt !== shipsEnd + 1)
    ) {
      throw new DroverError('COUNT_MISMATCH', {
        message: `A line of the source does not hold the ${expected} rows that it counts.`,
      });
    }
    for (let table = 0; table < this.tables.length; table += 1) {
      if (this.#tableLine[table] === this.#lineNumber) this.#emit(table);
    }
    return expected;
  }

  #fill(
    cell: number,
    ship: number,
    channel: number,
    valueAt: number,
    valueEnd: number,
    doubled: boolean,
  ): void {
    const table = this.#tableOf[cell] as number;
    const buffer = this.tables[table] as TableBuffer;
    const tag = this.#bytes[valueAt] as number;
    this.readPerTable[table] = (this.readPerTable[table] as number) + 1;
    let state = tag === NULL_TAG ? EMPTY : doubled ? VALUE_WITH_SEPARATORS : VALUE;
    let nulled = 0;
    if (tag === MISMATCH_TAG || (state !== EMPTY && !this.#fits(cell, tag))) {
      if (this.#options.mismatch === 'reject') {
        buffer.rejected += 1;
        this.#reject('mismatch', ship, channel, table, valueAt, valueEnd);
        return;
      }
      nulled = 1;
      state = EMPTY;
    }
    if (this.#line[cell] === this.#lineNumber) {
      if (this.#options.duplicates === 'reject') {
        this.#rejectDuplicate(cell, ship, channel, valueAt, valueEnd);
        return;
      }
      buffer.skipped += 1;
      if (this.#options.duplicates === 'first') return;
      this.#tableBytes[table] = (this.#tableBytes[table] as number) - this.#cellBytes(cell);
    }
    if (this.#tableLine[table] !== this.#lineNumber) {
      this.#tableLine[table] = this.#lineNumber;
      this.#tableBytes[table] = 0;
    }
    buffer.nulled += nulled;
    this.#line[cell] = this.#lineNumber;
    this.#state[cell] = state;
    this.#start[cell] = valueAt + 1;
    this.#end[cell] = valueEnd;
    this.#tableBytes[table] = (this.#tableBytes[table] as number) + this.#cellBytes(cell);
  }

  #fits(cell: number, tag: number): boolean {
    return ((this.#accepts[cell] as number) & (1 << (tag - FIRST_VALUE_TAG))) !== 0;
  }

  #cellBytes(cell: number): number {
    return (this.#end[cell] as number) - (this.#start[cell] as number);
  }

  /** Which of several is right nobody knows: all of them are rejects, and the cell stays empty. */
  #rejectDuplicate(
    cell: number,
    ship: number,
    channel: number,
    valueAt: number,
    valueEnd: number,
  ): void {
    const table = this.#tableOf[cell] as number;
    const buffer = this.tables[table] as TableBuffer;
    if (this.#state[cell] !== VOID) {
      const earlierAt = (this.#start[cell] as number) - 1;
      buffer.rejected += 1;
      this.#reject('duplicate', ship, channel, table, earlierAt, this.#end[cell] as number);
      this.#state[cell] = VOID;
    }
    buffer.rejected += 1;
    this.#reject('duplicate', ship, channel, table, valueAt, valueEnd);
  }

  #reject(
    rule: RejectedItem['rule'],
    ship: number,
    channel: number,
    table: number | null,
    valueAt: number,
    valueEnd: number,
  ): void {
    this.#onReject({
      rule,
      ship: this.ships[ship] ?? '',
      channel: this.#channels[channel] ?? '',
      time: this.#bytes.toString('latin1', this.#timeAt, this.#timeEnd),
      table,
      item: Buffer.from(this.#bytes.subarray(valueAt, valueEnd)),
    });
  }

  /** Appends the table's row of this line, unless every value for it was rejected. */
  #emit(table: number): void {
    const bytes = this.#bytes;
    const timeAt = this.#timeAt;
    const timeEnd = this.#timeEnd;
    const first = this.#firstCell[table] as number;
    const last = this.#firstCell[table + 1] as number;
    const buffer = this.tables[table] as TableBuffer;
    // Each column takes its bytes or `\N`, and a tab or newline.
    buffer.reserve(timeEnd - timeAt + 1 + (last - first) * 3 + (this.#tableBytes[table] as number));
    const out = buffer.bytes;
    const rowAt = buffer.length;
    let to = rowAt;
    for (let at = timeAt; at < timeEnd; at += 1) out[to++] = bytes[at] as number;
    let cells = 0;
    for (let cell = first; cell < last; cell += 1) {
      out[to++] = TAB;
      const state = this.#line[cell] === this.#lineNumber ? (this.#state[cell] as number) : VOID;
      if (state !== VOID) cells += 1;
      if (state === VALUE) {
        const end = this.#end[cell] as number;
        for (let at = this.#start[cell] as number; at < end; at += 1)
          out[to++] = bytes[at] as number;
      } else if (state === VALUE_WITH_SEPARATORS) {
        const end = this.#end[cell] as number;
        for (let at = this.#start[cell] as number; at < end; at += 1) {
          out[to++] = bytes[at] as number;
          if (bytes[at] === SEPARATOR) at += 1;
        }
      } else {
        out[to++] = 0x5c;
        out[to++] = 0x4e;
      }
    }
    if (cells === 0) return;
    out[to++] = 0x0a;
    buffer.endRow(to, cells);
  }

  #unknown(what: string, at: number): DroverError {
    const shown = this.#bytes.toString('utf8', at, at + 100);
    const item = shown.split('\t')[0]?.split('\x01')[0] ?? '';
    return new DroverError('UNKNOWN_KEY', {
      message: `The source sent a ${what} that is not in the list of its snapshot: "${item}".`,
    });
  }

  #unpaired(ship: number, channel: number): DroverError {
    return new DroverError('UNKNOWN_KEY', {
      message: `The list of the snapshot has no channel "${this.#channels[channel]}" for ship "${this.ships[ship]}", but a row has.`,
    });
  }
}

function fieldEnd(bytes: Buffer, from: number, end: number): number {
  const tab = bytes.indexOf(TAB, from);
  return tab === -1 || tab > end ? end : tab;
}
