import type { SourceColumn, SourceTable, SourceType } from '../source-table.ts';

const PLAIN: Pick<SourceType, 'schema' | 'kind' | 'length' | 'precision' | 'scale'> = {
  schema: 'pg_catalog',
  kind: 'base',
  length: null,
  precision: null,
  scale: null,
};

/** A column of a type of the server's own, without limits unless given. */
export function sourceColumn(
  name: string,
  typeName: string,
  of: Partial<SourceType> & { readonly notNull?: boolean } = {},
): SourceColumn {
  const { notNull = false, ...type } = of;
  return {
    name,
    type: { ...PLAIN, printed: typeName, name: typeName, ...type },
    notNull,
    bytewise: true,
  };
}

/** The table `public.orders` with the key `id`, as far as nothing else is said. */
export function sourceTable(of: Partial<SourceTable> = {}): SourceTable {
  return {
    schema: 'public',
    name: 'orders',
    oid: 1,
    kind: 'table',
    columns: [sourceColumn('note', 'text'), sourceColumn('id', 'int8', { notNull: true })],
    key: { columns: ['id'], origin: 'primary key', indexed: true },
    estimatedRows: 0,
    bytes: 0,
    access: 'granted',
    ...of,
  };
}
