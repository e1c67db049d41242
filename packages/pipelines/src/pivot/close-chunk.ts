import { DroverError, type MoveContext, type Receipt, type Reject } from '@drover/core';
import { identifier, qualifiedName, type Session } from '@drover/postgres';
import type { PivotParts } from './parts.ts';
import { type Span, spanPredicate } from './range.ts';
import { lockRange } from './range-lock.ts';
import type { StagedTable } from './stage-writer.ts';

interface Closing {
  readonly parts: PivotParts;
  readonly span: Span;
  readonly staged: readonly StagedTable[];
  readonly timeType: string;
  readonly receipt: Receipt;
  readonly rejects: readonly Reject[];
  readonly context: MoveContext;
}

/**
 * The only part of a move that touches tables others read: well under a second, whatever the chunk's
 * size. Range lock, fence, replace the range in every table, settle, commit: all or nothing.
 */
export async function closeChunk(target: Session, closing: Closing): Promise<void> {
  const { parts, context } = closing;
  await lockRange(target, {
    namespace: `drover:${parts.spec.target.schema}.${parts.spec.target.table}`,
    span: closing.span,
    cellMicros: parts.spec.chunk.length,
  });
  await context.gate.inTransaction.fence(target);
  await context.reached('fenced');
  await replaceRange(target, closing);
  await context.gate.inTransaction.settle(target, closing.receipt, closing.rejects);
  await context.reached('settled');
  await target.script('commit');
  await context.reached('committed');
}

async function replaceRange(target: Session, closing: Closing): Promise<void> {
  const { schema } = closing.parts.spec.target;
  const time = closing.parts.spec.source.columns.time;
  const where = spanPredicate(closing.span, identifier(time), closing.timeType);
  const statements = closing.staged.flatMap(({ table, stage }) => {
    const name = qualifiedName(schema, table.name);
    const columns = table.stageColumns.map((column) => identifier(column.name)).join(', ');
    return [
      `delete from ${name} where ${where}`,
      // The staging table has just these columns in this order; naming them twice costs milliseconds for hundreds.
      `insert into ${name} (${columns}) select * from ${stage.name}`,
    ];
  });
  const counts = await target.counts(statements.join('; '));
  for (const [index, { table, buffer }] of closing.staged.entries()) {
    const inserted = counts[index * 2 + 1];
    if (inserted !== buffer.written) {
      throw new DroverError('COUNT_MISMATCH', {
        message: `${buffer.written} rows were staged for ${table.name}, ${inserted} were inserted.`,
      });
    }
  }
}
