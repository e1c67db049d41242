import { DroverError } from '@drover/core';
import type { RelationDetails, SourceIndex } from './catalogue-details.ts';
import type { SourceColumn, SourceKey } from './source-table.ts';

/**
 * The columns that tell rows apart: those of the file; else the primary key; else those of the unique index
 * of the fewest and narrowest columns without NULL. null where there is none.
 *
 * The choice rests on the catalogue alone, never on sizes: the target's key must not change with the data.
 * @throws DroverError FILE_INVALID where the file names a column that is not there.
 */
export function chooseKey(
  table: string,
  details: Pick<RelationDetails, 'columns' | 'indexes'>,
  wanted: readonly string[] | undefined,
): SourceKey | null {
  const keys = uniqueKeys(details);
  if (wanted === undefined) {
    const [best] = keys;
    return best === undefined ? null : keyOf(best.columns, originOf(best), details.indexes);
  }
  refuseUnknown(table, wanted, details.columns);
  const declared = keys.find(
    (key) =>
      key.columns.length === wanted.length && wanted.every((name) => key.columns.includes(name)),
  );
  return keyOf(wanted, declared === undefined ? 'file' : originOf(declared), details.indexes);
}

function uniqueKeys({ columns, indexes }: Pick<RelationDetails, 'columns' | 'indexes'>) {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const width = (index: SourceIndex) =>
    index.columns.reduce((sum, name) => sum + widthOf(byName.get(name)), 0);
  return indexes
    .filter(
      (index) => index.unique && index.columns.every((name) => byName.get(name)?.notNull === true),
    )
    .sort(
      (a, b) =>
        Number(b.primary) - Number(a.primary) ||
        a.columns.length - b.columns.length ||
        width(a) - width(b) ||
        (a.name < b.name ? -1 : 1),
    );
}

/** Bytes of a value, for comparing keys; anything of varying length is taken to be wide. */
const WIDTHS: Readonly<Record<string, number>> = {
  bool: 1,
  int2: 2,
  int4: 4,
  oid: 4,
  date: 4,
  float4: 4,
  int8: 8,
  timestamp: 8,
  timestamptz: 8,
  time: 8,
  float8: 8,
  uuid: 16,
};

const widthOf = (column: SourceColumn | undefined): number => WIDTHS[column?.type.name ?? ''] ?? 64;

const originOf = (index: SourceIndex): SourceKey['origin'] =>
  index.primary ? 'primary key' : 'unique index';

function keyOf(
  columns: readonly string[],
  origin: SourceKey['origin'],
  indexes: readonly SourceIndex[],
): SourceKey {
  const indexed = indexes.some(
    (index) => index.ordered && columns.every((name, place) => index.columns[place] === name),
  );
  return { columns, origin, indexed };
}

function refuseUnknown(
  table: string,
  wanted: readonly string[],
  columns: readonly SourceColumn[],
): void {
  for (const [place, name] of wanted.entries()) {
    if (!columns.some((column) => column.name === name)) {
      throw unknownColumn(table, name, 'key', columns);
    }
    if (wanted.indexOf(name) !== place) {
      throw new DroverError('FILE_INVALID', {
        message: `tables: the key of ${table} names the column ${name} twice.`,
      });
    }
  }
}

/** `place` is where in the entry of the table the file names it, e.g. `watermark`. */
export function unknownColumn(
  table: string,
  name: string,
  place: string,
  columns: readonly SourceColumn[],
): DroverError {
  return new DroverError('FILE_INVALID', {
    message: `tables: ${place} of ${table} names the column ${name}, which the source does not have.`,
    hint: `The columns of ${table} are ${columns.map((column) => column.name).join(', ') || 'none'}.`,
  });
}
