import { identifier } from '@drover/postgres';
import { numberForm } from './number-form.ts';
import { type SourceForm, shortForm } from './source-form.ts';
import type { SourceColumn, SourceType } from './source-table.ts';
import type { WarehouseSpec } from './spec.ts';
import { freeText, label, textForm, wholeText } from './text-form.ts';

/** How the values of a column are read. Types that nobody knows are read as text. */
export function columnForm(
  { name, type, bytewise }: SourceColumn,
  types: Pick<WarehouseSpec['types'], 'json' | 'numeric'>,
): SourceForm {
  const column = `s.${identifier(name)}`;
  if (type.kind === 'array') return json(`array_to_json(${column})`, 'json', types.json);
  if (type.kind === 'composite') return json(`to_json(${column})`, 'json', types.json);
  if (type.kind === 'enum') return label(column);
  if (type.kind === 'base') {
    if (type.schema === 'pg_catalog') {
      const known =
        numberForm(column, type, types.numeric) ??
        timeForm(column, type) ??
        textForm(column, { type, bytewise }) ??
        jsonForm(column, type, types.json);
      if (known !== null) return known;
    }
    // Both come with extensions, into whatever schema.
    if (type.name === 'hstore') return json(`to_json(${column})`, 'json', types.json);
    if (type.name === 'citext') return freeText(`${column}::text`, { textOrder: false });
  }
  return wholeText(`${column}::text`);
}

function timeForm(column: string, type: SourceType): SourceForm | null {
  if (type.name === 'date') {
    return {
      ...shortForm(column, { text: `${column}::text`, bytes: 64, textOrder: false }),
      family: 'date',
      target: { kind: 'date' },
    };
  }
  if (type.name !== 'timestamp' && type.name !== 'timestamptz') return null;
  // Without an offset nothing depends on what the target makes of one.
  const value = type.name === 'timestamp' ? column : `(${column} at time zone 'UTC')`;
  const digits = type.scale ?? 6;
  return {
    ...shortForm(value, { text: `${value}::text`, bytes: 64, textOrder: false }),
    family: 'timestamp',
    digits,
    stored: { column, zoned: type.name === 'timestamptz' },
    target: { kind: 'datetime', scale: digits },
  };
}

function jsonForm(
  column: string,
  { name }: SourceType,
  wish: WarehouseSpec['types']['json'],
): SourceForm | null {
  return name === 'json' || name === 'jsonb' ? json(column, name, wish) : null;
}

function json(
  document: string,
  flavour: 'json' | 'jsonb',
  wish: WarehouseSpec['types']['json'],
): SourceForm {
  return {
    ...freeText(`${document}::text`, { textOrder: false }),
    family: 'json',
    document,
    flavour,
    target: wish === 'json' ? { kind: 'json' } : { kind: 'string' },
  };
}
