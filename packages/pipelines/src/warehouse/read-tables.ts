import type { SqlExecutor } from '@drover/core';
import { readRelations, readSchemas } from './catalogue.ts';
import { type RelationDetails, readDetails } from './catalogue-details.ts';
import { chooseKey, unknownColumn } from './choose-key.ts';
import { chooseTables, nameOf, type TableLeft } from './choose-tables.ts';
import type { SourceColumn, SourceTable } from './source-table.ts';
import type { TableException, WarehouseSpec } from './spec.ts';

export interface SourceTables {
  /** By schema and name, compared as bytes. Tables that the role cannot read are among them. */
  readonly tables: readonly SourceTable[];
  readonly left: readonly TableLeft[];
}

/**
 * The tables that the file asks for, as the catalogue of the source has them: a few queries, however many
 * tables there are. Postgres 11 and later.
 * @throws DroverError FILE_INVALID where the file names what the source lacks.
 */
export async function readTables(sql: SqlExecutor, spec: WarehouseSpec): Promise<SourceTables> {
  const catalogue = { schemas: await readSchemas(sql), relations: await readRelations(sql) };
  const { chosen, left } = chooseTables(catalogue, spec);
  const details = await readDetails(
    sql,
    chosen.map((relation) => relation.oid),
  );
  const exceptions = new Map(spec.tables.map((exception) => [exception.name, exception]));
  // One that was dropped between the queries has no details, and is no longer there to be moved.
  const tables = chosen.flatMap((relation): SourceTable[] => {
    const found = details.get(relation.oid);
    if (found === undefined) return [];
    const exception = exceptions.get(nameOf(relation));
    if (exception !== undefined) refuseUnknownColumns(exception, found.columns);
    return [
      {
        schema: relation.schema,
        name: relation.name,
        oid: Number(relation.oid),
        kind: relation.kind,
        columns: found.columns,
        key: chooseKey(nameOf(relation), found, exception?.key),
        ...sizeOf(relation.kind, found),
        access: found.access,
      },
    ];
  });
  return { tables, left };
}

function sizeOf(
  kind: SourceTable['kind'],
  { estimatedRows, bytes }: RelationDetails,
): Pick<SourceTable, 'estimatedRows' | 'bytes'> {
  return kind === 'foreign table' ? { estimatedRows, bytes: 0 } : { estimatedRows, bytes };
}

function refuseUnknownColumns(exception: TableException, columns: readonly SourceColumn[]): void {
  const { name, watermark } = exception;
  const has = (wanted: string) => columns.some((column) => column.name === wanted);
  if (watermark !== undefined && !has(watermark)) {
    throw unknownColumn(name, watermark, 'watermark', columns);
  }
  for (const wanted of Object.keys(exception.columns)) {
    if (!has(wanted)) throw unknownColumn(name, wanted, 'columns', columns);
  }
}
