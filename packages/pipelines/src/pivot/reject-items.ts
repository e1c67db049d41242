import type { JsonObject, Reject } from '@drover/core';
import { binaryToText } from './binary-value.ts';
import { MISMATCH_TAG, TEXT_FORM } from './framing.ts';
import type { Layout } from './layout.ts';
import type { RejectedItem } from './pivot-plan.ts';
import type { SourceTable } from './source-table.ts';
import type { ChunkTable } from './table-plan.ts';

/** Makes the reject of an item that could not be placed. */
export function rejectOfItem(
  item: RejectedItem,
  places: { source: SourceTable; layout: Layout; tables: readonly ChunkTable[] },
): Reject {
  const table = item.table === null ? undefined : places.tables[item.table];
  const row = rowOfItem(item, places.source);
  const key = {
    ship: item.ship,
    time: binaryToText(item.time, places.source.columns.time.type),
    channel: item.channel,
    ...(table === undefined ? {} : { table: table.name }),
  };
  return { key, column: item.channel, rows: 1, row, ...ruleOf(item, row, places) };
}

function ruleOf(
  item: RejectedItem,
  row: JsonObject,
  places: { source: SourceTable; layout: Layout; tables: readonly ChunkTable[] },
): { rule: string; reason: string } {
  if (item.rule === 'duplicate') {
    return {
      rule: 'duplicate',
      reason: 'several rows have this ship, channel and time, and which one counts is not known',
    };
  }
  if (item.rule === 'homeless') {
    const home = places.layout.home(item.channel);
    return home.kind === 'rejected'
      ? { rule: home.rule, reason: home.reason }
      : { rule: 'channel-outside-groups', reason: 'the channel has no table' };
  }
  const format = places.source.columns.format.name;
  if (item.tag === MISMATCH_TAG) {
    return {
      rule: 'format-mismatch',
      reason: `the value column that ${format} names is empty, but another one is filled`,
    };
  }
  return {
    rule: 'type-mismatch',
    reason: `the column holds values of another format than ${JSON.stringify(row[format])}`,
  };
}

/** The item as a row of the source: its format and its value by column name. */
function rowOfItem(item: RejectedItem, source: SourceTable): JsonObject {
  const { format, values } = source.columns;
  if (item.tag === MISMATCH_TAG) return JSON.parse(item.value.toString('utf8')) as JsonObject;
  const asText = item.tag >= TEXT_FORM;
  const value = values[asText ? item.tag - TEXT_FORM : item.tag];
  if (value === undefined) return {};
  return {
    [format.name]: value.format,
    [value.name]: binaryToText(item.value, asText ? 'text' : value.type),
  };
}

/** The reject of a whole wide row that the server refused. */
export function rejectOfRow(
  refused: { bytes: Buffer; cells: number; rule: string; reason: string },
  table: ChunkTable,
): Reject {
  const fields = fieldsOf(refused.bytes);
  const texts = table.stageColumns.map(({ name, type }, index) => {
    const field = fields[index] ?? null;
    return [name, field === null ? null : binaryToText(field, type)] as const;
  });
  return {
    key: { ship: table.ship, time: texts[0]?.[1] ?? '', table: table.name, group: table.group },
    rule: refused.rule,
    column: null,
    reason: refused.reason,
    rows: refused.cells,
    row: Object.fromEntries(texts.filter(([, text]) => text !== null)),
  };
}

/** The fields of a binary row; null for NULL. */
function fieldsOf(row: Buffer): (Buffer | null)[] {
  let at = 2;
  return Array.from({ length: row.readInt16BE(0) }, () => {
    const length = row.readInt32BE(at);
    at += 4;
    if (length === -1) return null;
    at += length;
    return row.subarray(at - length, at);
  });
}
