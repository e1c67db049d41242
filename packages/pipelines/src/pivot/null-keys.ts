import {
  EMPTY_TALLY,
  type JsonObject,
  type MoveContext,
  type Receipt,
  type SqlExecutor,
} from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';
import { RejectList } from '../reject-list.ts';
import type { PivotParts } from './parts.ts';
import { rowJsonSql } from './source-query.ts';
import { readSourceTable, type SourceTable } from './source-table.ts';

/** Rows without ship, channel or time have no cell to go to: each becomes a reject. */
export async function moveNullKeys(parts: PivotParts, context: MoveContext): Promise<Receipt> {
  return parts.lanes.use(context, async ({ source, target }) => {
    const table = await readSourceTable(source, parts.spec);
    const rejects = new RejectList(parts.spec.rejects);
    const { entity, channel, time } = table.columns;
    const rows = await source.query(
      `select ${entity.text} as ship, ${channel.text} as channel, ${identifier(time.name)}::text as time,
              ${rowJsonSql(table)} as row
       from ${qualifiedName(table.schema, table.name)} where ${nullKeyPredicate(table)}
       limit ${parts.spec.rejects.max + 1}`,
    );
    for (const row of rows) {
      rejects.add({
        key: {
          ship: row['ship'] ?? null,
          time: row['time'] ?? null,
          channel: row['channel'] ?? null,
        },
        rule: 'null-key',
        column: null,
        reason: 'the row has no ship, channel or time',
        rows: 1,
        row: JSON.parse(row['row'] ?? 'null') as JsonObject | null,
      });
    }
    const receipt: Receipt = {
      ...EMPTY_TALLY,
      read: rows.length,
      rejected: rows.length,
      bytesRead: 0,
      bytesWritten: 0,
      parts:
        rows.length === 0
          ? []
          : [{ ...EMPTY_TALLY, part: 'null keys', read: rows.length, rejected: rows.length }],
      sourceSnapshot: null,
    };
    await target.script('begin');
    await context.gate.inTransaction.fence(target);
    await context.gate.inTransaction.settle(target, receipt, rejects.all);
    await target.script('commit');
    return receipt;
  });
}

export async function countNullKeys(sql: SqlExecutor, table: SourceTable): Promise<number> {
  const [row] = await sql.query(
    `select count(*) as rows from ${qualifiedName(table.schema, table.name)} where ${nullKeyPredicate(table)}`,
  );
  return Number(row?.['rows']);
}

function nullKeyPredicate(table: SourceTable): string {
  const { entity, channel, time } = table.columns;
  return [entity, channel, time].map((column) => `${identifier(column.name)} is null`).join(' or ');
}
