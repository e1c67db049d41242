import { identifier, qualifiedName } from '@drover/postgres';
import type { PivotSpec } from './spec.ts';
import { indexName } from './wide-table.ts';

type SecondaryIndex = PivotSpec['target']['secondaryIndexes'][number];

interface IndexRequest {
  readonly schema: string;
  readonly table: string;
  /** Columns that the table has. */
  readonly columns: readonly string[];
  readonly index: SecondaryIndex;
  /** Without blocking writers; not possible inside a transaction. */
  readonly concurrently: boolean;
}

/** null where the table lacks a column of the index. */
export function secondaryIndexStatement(
  request: IndexRequest,
): { name: string; sql: string } | null {
  const { index } = request;
  if (!index.columns.every((column) => request.columns.includes(column))) return null;
  const name = indexName(request.table, [index.using, ...index.columns]);
  const columns = index.columns.map(identifier).join(', ');
  return {
    name,
    sql:
      `create index ${request.concurrently ? 'concurrently ' : ''}if not exists ${identifier(name)} ` +
      `on ${qualifiedName(request.schema, request.table)} using ${index.using} (${columns})`,
  };
}
