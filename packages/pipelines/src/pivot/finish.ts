import { EMPTY_RECEIPT, type Json, type MoveContext, type Receipt } from '@drover/core';
import { describeTable, qualifiedName } from '@drover/postgres';
import type { PivotParts } from './parts.ts';
import { parseTableRange } from './range.ts';
import { secondaryIndexStatement } from './secondary-index.ts';

/** Builds a table's secondary indexes without blocking anybody, and its statistics. */
export async function finishTable(
  parts: PivotParts,
  range: Json,
  context: MoveContext,
): Promise<Receipt> {
  const { table } = parseTableRange(range);
  const { schema, secondaryIndexes } = parts.spec.target;
  await parts.lanes.use(context, async ({ target }) => {
    const described = await describeTable(target, schema, table);
    if (described !== null) {
      const columns = described.columns.map((column) => column.name);
      for (const index of secondaryIndexes) {
        const statement = secondaryIndexStatement({
          schema,
          table,
          columns,
          index,
          concurrently: true,
        });
        if (statement === null) continue;
        // What an interrupted concurrent build left is invalid: it goes, and is built again.
        const left = described.indexes.find((one) => one.name === statement.name && !one.valid);
        if (left !== undefined) {
          await target.query(`drop index concurrently ${qualifiedName(schema, left.name)}`);
        }
        await target.query(statement.sql);
      }
      await target.query(`analyze ${qualifiedName(schema, table)}`);
    }
    await target.script('begin');
    await context.gate.inTransaction.fence(target);
    await context.gate.inTransaction.settle(target, EMPTY_RECEIPT, []);
    await target.script('commit');
  });
  return EMPTY_RECEIPT;
}
