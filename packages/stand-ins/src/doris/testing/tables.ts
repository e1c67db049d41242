import { type Catalogue, type Column, type ColumnType, Table } from '../store.ts';

export function column(
  name: string,
  type: ColumnType,
  of: { nullable?: boolean; isKey?: boolean } = {},
): Column {
  return { name, type, nullable: of.nullable ?? true, isKey: of.isKey ?? false, comment: '' };
}

/** `ships(id BIGINT NOT NULL, name VARCHAR(20), built DATE)` in the database `harbour`. */
export function createShips(catalogue: Catalogue, model: 'UNIQUE' | 'DUPLICATE' = 'UNIQUE'): Table {
  return createTable(catalogue, model, [
    column('id', { name: 'BIGINT' }, { nullable: false, isKey: true }),
    column('name', { name: 'VARCHAR', length: 20 }),
    column('built', { name: 'DATE' }),
  ]);
}

function createTable(
  catalogue: Catalogue,
  model: 'UNIQUE' | 'DUPLICATE',
  columns: readonly Column[],
): Table {
  const table = new Table({
    name: 'ships',
    columns,
    model,
    keys: columns.filter(({ isKey }) => isKey).map(({ name }) => name),
    mergeOnWrite: model === 'UNIQUE',
    distribution: { kind: 'HASH', columns: ['id'] },
    buckets: 1,
    properties: new Map(),
    comment: '',
  });
  const tables = catalogue.databases.get('harbour') ?? new Map<string, Table>();
  catalogue.databases.set('harbour', tables.set('ships', table));
  return table;
}
