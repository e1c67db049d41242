import { DroverError } from '@drover/core';
import {
  fixedLength,
  isTextType,
  MARK,
  MISMATCH_TAG,
  NULL_TAG,
  plainColumn,
  TEXT_END,
  TEXT_FORM,
} from './framing.ts';
import { KeyList, keyBytes } from './key-list.ts';
import type { PivotOptions, PivotPlan, RejectedItem } from './pivot-plan.ts';
import type { TextPair } from './source-query.ts';
import { TableBuffer } from './table-buffer.ts';
import type { Tuple } from './tuple-reader.ts';

/** What a pair of ship and channel is, where it has no cell. */
const UNKNOWN = -1;
const SKIPPED = -2;
const REJECTED = -3;

/** What a wide column takes: a bit per value column in binary, or any value as text. */
const AS_TEXT = -1;

/** States of a cell within the present tuple. */
const VALUE = 0;
const EMPTY = 1;
const VOID = 2;
/** A value that did not fit, with `mismatch: null`: stored as NULL and counted. */
const NULLED = 3;

/** The length of a varying value follows its tag; a text ends with TEXT_END. */
const VARYING = -1;
const TEXT = -2;

/** No column's values come without a tag. */
const NONE = -1;
const [MARK_FIRST, MARK_SECOND] = MARK;

/**
 * Turns tuples (framing.ts) into binary rows, one buffer per table. Values are copied, never decoded. Every
 * narrow row is counted as loaded, rejected or skipped, or the tuple throws.
 *
 * Keys are found by guessing that a ship's channels come in the order they came in last time, and
 * comparing all bytes; only a wrong guess costs a look-up.
 */
export class TuplePivot {
  readonly tables: readonly TableBuffer[];
  /** Source rows that were meant for each table. */
  readonly readPerTable: Float64Array;
  readonly skippedPerShip: Float64Array;
  readonly rejectedPerShip: Float64Array;
  /** Pairs whose values came in binary though their column is text: nothing that was pivoted counts. */
  readonly needText = new Map<number, TextPair>();

  readonly #ships: readonly string[];
  readonly #options: PivotOptions;
  readonly #onReject: (item: RejectedItem) => void;
  readonly #shipKeys: KeyList;
  readonly #channelKeys: KeyList;
  readonly #channels: readonly string[];
  /** Length by tag, or VARYING, or TEXT. */
  readonly #lengths = new Int32Array(256).fill(TEXT);
  /** The value column whose values have no tag, or NONE. */
  readonly #plain: number;
  /** By value column: whether its binary form is a text. */
  readonly #isText: Uint8Array;
  /** Cell by ship and channel, or one of the negative marks. */
  readonly #cellOf: Int32Array;
  readonly #tableOf: Int32Array;
  readonly #accepts: Int32Array;
  /** The tuple in which a cell was filled last. */
  readonly #tuple: Int32Array;
  readonly #state: Uint8Array;
  readonly #tags: Uint8Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  readonly #firstCell: Int32Array;
  readonly #tableTuple: Int32Array;
  readonly #tableBytes: Float64Array;
  #tupleNumber = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #timeAt = 0;
  #timeEnd = 0;

  constructor(plan: PivotPlan, options: PivotOptions, onReject: (item: RejectedItem) => void) {
    this.#options = options;
    this.#onReject = onReject;
    this.#ships = plan.ships;
    this.#shipKeys = new KeyList(plan.ships);
    this.#channels = [
      ...new Set([
        ...plan.tables.flatMap((table) => table.columns.map((column) => column.channel)),
        ...plan.homeless.map((pair) => pair.channel),
      ]),
    ];
    this.#channelKeys = new KeyList(this.#channels);
    this.#isText = Uint8Array.from(plan.valueTypes, (type) => Number(isTextType(type)));
    for (const [index, type] of plan.valueTypes.entries()) {
      this.#lengths[index] = fixedLength(type) ?? (isTextType(type) ? TEXT : VARYING);
    }
    this.#plain = plainColumn(plan.valueTypes) ?? NONE;
    this.#lengths[NULL_TAG] = 0;
    const cells = plan.tables.reduce((sum, table) => sum + table.columns.length, 0);
    this.#cellOf = new Int32Array(plan.ships.length * this.#channels.length).fill(UNKNOWN);
    this.#tableOf = new Int32Array(cells);
    this.#accepts = new Int32Array(cells);
    this.#tuple = new Int32Array(cells);
    this.#state = new Uint8Array(cells);
    this.#tags = new Uint8Array(cells);
    this.#start = new Int32Array(cells);
    this.#end = new Int32Array(cells);
    this.#firstCell = new Int32Array(plan.tables.length + 1);
    this.#tableTuple = new Int32Array(plan.tables.length);
    this.#tableBytes = new Float64Array(plan.tables.length);
    this.readPerTable = new Float64Array(plan.tables.length);
    this.skippedPerShip = new Float64Array(plan.ships.length);
    this.rejectedPerShip = new Float64Array(plan.ships.length);
    this.tables = plan.tables.map(() => new TableBuffer());
    this.#place(plan);
  }

  #place(plan: PivotPlan): void {
    const shipIndex = new Map(plan.ships.map((ship, index) => [ship, index]));
    const channelIndex = new Map(this.#channels.map((channel, index) => [channel, index]));
    const mark = (pair: { ship: string; channel: string }, cell: number) => {
      const row = shipIndex.get(pair.ship) ?? 0;
      this.#cellOf[row * this.#channels.length + (channelIndex.get(pair.channel) ?? 0)] = cell;
    };
    let cell = 0;
    for (const [number, { ship, columns }] of plan.tables.entries()) {
      this.#firstCell[number] = cell;
      for (const { channel, accepts } of columns) {
        mark({ ship, channel }, cell);
        this.#tableOf[cell] = number;
        this.#accepts[cell] =
          accepts === null ? AS_TEXT : accepts.reduce((mask, index) => mask | (1 << index), 0);
        cell += 1;
      }
    }
    this.#firstCell[plan.tables.length] = cell;
    for (const pair of plan.homeless) mark(pair, pair.action === 'skip' ? SKIPPED : REJECTED);
  }

  /**
   * Appends to `tables` the rows that a tuple becomes; the caller empties those that are full.
   * @returns how many source rows the tuple held.
   */
  push({ bytes, offsets }: Tuple): number {
    this.#tupleNumber += 1;
    this.#bytes = bytes;
    this.#timeAt = offsets[0] as number;
    this.#timeEnd = offsets[1] as number;
    const keys = keyBytes(bytes);
    const oneShip = this.#ships.length === 1;
    let field = 2;
    let shipAt = offsets[field] as number;
    const shipsEnd = offsets[field + 1] as number;
    if (!oneShip) field += 2;
    let channelAt = offsets[field] as number;
    const channelsEnd = offsets[field + 1] as number;
    let valueAt = offsets[field + 2] as number;
    const valuesEnd = offsets[field + 3] as number;
    const channelCount = this.#channels.length;
    const plain = this.#plain;
    let ship = 0;
    let channel = -1;
    let rows = 0;

    // An empty list is one empty key: every timestamp has a row.
    for (; channelAt <= channelsEnd; rows += 1) {
      if (!oneShip) {
        ship = this.#shipKeys.match(keys, shipAt, shipsEnd, ship);
        if (ship < 0) throw this.#unknown('ship', shipAt, shipsEnd);
        shipAt += this.#shipKeys.length(ship) + 1;
      }
      channel = this.#channelKeys.matchNext(keys, channelAt, channelsEnd, channel);
      if (channel < 0) throw this.#unknown('channel', channelAt, channelsEnd);
      channelAt += this.#channelKeys.length(channel) + 1;

      let tag = plain;
      let start = valueAt;
      if (plain === NONE) {
        tag = bytes[start++] as number;
      } else if (bytes[start] === MARK_FIRST && bytes[start + 1] === MARK_SECOND) {
        tag = bytes[start + 2] as number;
        start += 3;
      }
      const length = this.#lengths[tag] as number;
      let end = start + length;
      valueAt = end;
      if (length === TEXT) {
        end = textEnd(bytes, start, valuesEnd);
        valueAt = end + 1;
      } else if (length === VARYING) {
        start += 4;
        end = start + bytes.readInt32BE(start - 4);
        valueAt = end;
      }
      const cell = this.#cellOf[ship * channelCount + channel] as number;
      if (cell >= 0) this.#fill(cell, ship, channel, tag, start, end);
      else this.#pass(cell, ship, channel, tag, start, end);
    }
    // The lists must end with the same row: an item more or less would mean that they do not belong together.
    if (valueAt !== valuesEnd || !(oneShip || shipAt === shipsEnd + 1)) {
      throw new DroverError('COUNT_MISMATCH', {
        message: `The lists of a tuple of the source do not all hold ${rows} rows.`,
      });
    }
    for (let table = 0; table < this.tables.length; table += 1) {
      if (this.#tableTuple[table] === this.#tupleNumber) this.#emit(table);
    }
    return rows;
  }

  #fill(
    cell: number,
    ship: number,
    channel: number,
    tag: number,
    start: number,
    end: number,
  ): void {
    const table = this.#tableOf[cell] as number;
    const buffer = this.tables[table] as TableBuffer;
    this.readPerTable[table] = (this.readPerTable[table] as number) + 1;
    let state = tag === NULL_TAG ? EMPTY : VALUE;
    if (state === VALUE && !this.#fits(cell, ship, channel, tag)) {
      if (this.#options.mismatch === 'reject') {
        buffer.rejected += 1;
        this.#reject('mismatch', ship, channel, table, tag, start, end);
        return;
      }
      state = NULLED;
    }
    if (this.#tuple[cell] === this.#tupleNumber) {
      if (this.#options.duplicates === 'reject') {
        this.#rejectDuplicate(cell, ship, channel, tag, start, end);
        return;
      }
      buffer.skipped += 1;
      if (this.#options.duplicates === 'first') return;
      this.#tableBytes[table] = (this.#tableBytes[table] as number) - this.#cellBytes(cell);
    }
    if (this.#tableTuple[table] !== this.#tupleNumber) {
      this.#tableTuple[table] = this.#tupleNumber;
      this.#tableBytes[table] = 0;
    }
    this.#tuple[cell] = this.#tupleNumber;
    this.#state[cell] = state;
    this.#tags[cell] = tag;
    this.#start[cell] = start;
    this.#end[cell] = end;
    this.#tableBytes[table] = (this.#tableBytes[table] as number) + (end - start);
  }

  #fits(cell: number, ship: number, channel: number, tag: number): boolean {
    if (tag === MISMATCH_TAG) return false;
    const accepts = this.#accepts[cell] as number;
    if (accepts !== AS_TEXT) return tag < TEXT_FORM && (accepts & (1 << tag)) !== 0;
    if (tag >= TEXT_FORM || this.#isText[tag] === 1) return true;
    this.needText.set(ship * this.#channels.length + channel, {
      ship: this.#ships[ship] ?? '',
      channel: this.#channels[channel] ?? '',
    });
    return true;
  }

  #cellBytes(cell: number): number {
    return (this.#end[cell] as number) - (this.#start[cell] as number);
  }

  /** An item that has no cell. */
  #pass(
    mark: number,
    ship: number,
    channel: number,
    tag: number,
    start: number,
    end: number,
  ): void {
    if (mark === SKIPPED) {
      this.skippedPerShip[ship] = (this.skippedPerShip[ship] as number) + 1;
    } else if (mark === REJECTED) {
      this.rejectedPerShip[ship] = (this.rejectedPerShip[ship] as number) + 1;
      this.#reject('homeless', ship, channel, null, tag, start, end);
    } else {
      throw new DroverError('UNKNOWN_KEY', {
        message: `The list of the snapshot has no channel "${this.#channels[channel]}" for ship "${this.#ships[ship]}", but a row has.`,
      });
    }
  }

  /** Which of several is right nobody knows: all of them are rejects, and the cell stays empty. */
  #rejectDuplicate(
    cell: number,
    ship: number,
    channel: number,
    tag: number,
    start: number,
    end: number,
  ): void {
    const table = this.#tableOf[cell] as number;
    const buffer = this.tables[table] as TableBuffer;
    if (this.#state[cell] !== VOID) {
      const [earlierAt, earlierEnd] = [this.#start[cell] as number, this.#end[cell] as number];
      buffer.rejected += 1;
      this.#reject(
        'duplicate',
        ship,
        channel,
        table,
        this.#tags[cell] as number,
        earlierAt,
        earlierEnd,
      );
      this.#state[cell] = VOID;
    }
    buffer.rejected += 1;
    this.#reject('duplicate', ship, channel, table, tag, start, end);
  }

  #reject(
    rule: RejectedItem['rule'],
    ship: number,
    channel: number,
    table: number | null,
    tag: number,
    start: number,
    end: number,
  ): void {
    this.#onReject({
      rule,
      ship: this.#ships[ship] ?? '',
      channel: this.#channels[channel] ?? '',
      time: Buffer.from(this.#bytes.subarray(this.#timeAt, this.#timeEnd)),
      table,
      tag,
      value: Buffer.from(this.#bytes.subarray(start, end)),
    });
  }

  /** Appends the table's row of this tuple, unless every value for it was rejected. */
  #emit(table: number): void {
    const bytes = this.#bytes;
    const first = this.#firstCell[table] as number;
    const last = this.#firstCell[table + 1] as number;
    const buffer = this.tables[table] as TableBuffer;
    const timeBytes = this.#timeEnd - this.#timeAt;
    buffer.reserve(2 + 4 + timeBytes + (last - first) * 4 + (this.#tableBytes[table] as number));
    const out = buffer.bytes;
    let to = buffer.length;
    const fields = last - first + 1;
    out[to++] = fields >> 8;
    out[to++] = fields & 0xff;
    out[to++] = 0;
    out[to++] = 0;
    out[to++] = 0;
    out[to++] = timeBytes;
    for (let at = this.#timeAt; at < this.#timeEnd; at += 1) out[to++] = bytes[at] as number;
    let cells = 0;
    let nulled = 0;
    for (let cell = first; cell < last; cell += 1) {
      const state = this.#tuple[cell] === this.#tupleNumber ? (this.#state[cell] as number) : VOID;
      if (state !== VOID) cells += 1;
      if (state === NULLED) nulled += 1;
      if (state === VALUE) {
        const start = this.#start[cell] as number;
        const end = this.#end[cell] as number;
        const length = end - start;
        out[to++] = length >>> 24;
        out[to++] = (length >>> 16) & 0xff;
        out[to++] = (length >>> 8) & 0xff;
        out[to++] = length & 0xff;
        if (length <= SHORT)
          for (let at = start; at < end; at += 1) out[to++] = bytes[at] as number;
        else to += bytes.copy(out, to, start, end);
      } else {
        // Length -1 is NULL.
        out[to++] = 0xff;
        out[to++] = 0xff;
        out[to++] = 0xff;
        out[to++] = 0xff;
      }
    }
    buffer.nulled += nulled;
    if (cells > 0) buffer.endRow(to, cells);
  }

  #unknown(what: string, at: number, end: number): DroverError {
    const shown = this.#bytes.toString('utf8', at, Math.min(end, at + 100)).split('\x01')[0] ?? '';
    return new DroverError('UNKNOWN_KEY', {
      message: `The source sent a ${what} that is not in the list of its snapshot: "${shown}".`,
    });
  }
}

/** Up to this many bytes a loop is quicker than a call. */
const SHORT = 32;

/** Where a text ends; `end` where it does not. */
function textEnd(bytes: Buffer, start: number, end: number): number {
  const near = Math.min(start + SHORT, end);
  let at = start;
  while (at < near && bytes[at] !== TEXT_END) at += 1;
  if (at < near || near === end) return at;
  const found = bytes.indexOf(TEXT_END, near);
  return found < 0 || found > end ? end : found;
}
