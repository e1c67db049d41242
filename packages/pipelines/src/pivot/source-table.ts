import { DroverError, type SqlExecutor } from '@drover/core';
import {
  describeTable,
  identifier,
  type TableColumn,
  type TableDescription,
} from '@drover/postgres';
import type { PivotSpec } from './spec.ts';

interface KeyColumn {
  readonly name: string;
  /** For casts of bounds and lists. */
  readonly type: string;
  readonly nullable: boolean;
  /** SQL that gives the value as text. */
  readonly text: string;
}

export interface ValueColumn {
  readonly format: string;
  readonly name: string;
  readonly type: string;
  /** Function that writes its binary form. */
  readonly send: string;
}

/** The narrow table, as the migration file names it and the catalogue describes it. */
export interface SourceTable {
  readonly schema: string;
  readonly name: string;
  readonly columns: {
    readonly entity: KeyColumn;
    readonly channel: KeyColumn;
    readonly time: KeyColumn;
    readonly format: { readonly name: string };
    readonly values: readonly ValueColumn[];
    readonly order: string;
  };
  /** Some index leads with time: a range of time is read without touching the rest. */
  readonly timeIndex: boolean;
  /** Some index leads with ship and channel: all pairs are found by skipping from one to the next. */
  readonly pairIndex: boolean;
  /** A key forbids two rows of the same ship, channel and time. */
  readonly unique: boolean;
  /** The column that orders duplicates is there. */
  readonly orderable: boolean;
  readonly estimatedRows: number | null;
  readonly description: TableDescription;
}

/** Types that a wide row can have as its key. */
const TIME_TYPES = ['timestamp without time zone', 'timestamp with time zone', 'date'];

/** @throws DroverError UNDEFINED_OBJECT where the table or one of the columns is missing. */
export async function readSourceTable(sql: SqlExecutor, spec: PivotSpec): Promise<SourceTable> {
  const { schema, table: name, columns: names } = spec.source;
  const description = await describeTable(sql, schema, name);
  if (description === null) {
    throw new DroverError('UNDEFINED_OBJECT', {
      message: `The source has no table ${schema}.${name}, or the role may not see it.`,
      hint: 'Correct source.schema and source.table in the migration file.',
    });
  }
  const column = (role: string, wanted: string): TableColumn => {
    const found = description.columns.find((candidate) => candidate.name === wanted);
    if (found !== undefined) return found;
    throw new DroverError('UNDEFINED_OBJECT', {
      message: `${schema}.${name} has no column "${wanted}" (source.columns.${role}).`,
      hint: `Its columns are ${description.columns.map((one) => one.name).join(', ')}.`,
    });
  };
  const key = (role: string, wanted: string): KeyColumn => {
    const { type, notNull } = column(role, wanted);
    return {
      name: wanted,
      type,
      nullable: !notNull,
      text: type === 'text' ? identifier(wanted) : `${identifier(wanted)}::text`,
    };
  };
  const entity = key('entity', names.entity);
  const channel = key('channel', names.channel);
  const time = key('time', names.time);
  if (!TIME_TYPES.includes(time.type)) {
    throw new DroverError('FILE_INVALID', {
      message: `${schema}.${name}.${time.name} (source.columns.time) is ${time.type}.`,
      hint: `It must be one of ${TIME_TYPES.join(', ')}.`,
    });
  }
  const bytewise = [names.entity, names.channel].every(
    (wanted) => description.columns.find((one) => one.name === wanted)?.bytewise,
  );
  const whole = description.indexes.filter((index) => index.whole);
  const keyNames = [entity.name, channel.name, time.name];
  return {
    schema,
    name,
    columns: {
      entity,
      channel,
      time,
      format: { name: column('format', names.format).name },
      values: Object.entries(names.values).map(([format, wanted]) => {
        const { type, send } = column(`values.${format}`, wanted);
        return { format, name: wanted, type, send };
      }),
      order: names.order,
    },
    timeIndex: whole.some((index) => index.method === 'btree' && index.columns[0] === time.name),
    pairIndex:
      bytewise &&
      whole.some(
        (index) =>
          index.method === 'btree' &&
          index.columns[0] === entity.name &&
          index.columns[1] === channel.name,
      ),
    unique: whole.some((index) => index.unique && sameNames(index.columns, keyNames)),
    orderable: description.columns.some((one) => one.name === names.order),
    estimatedRows: description.estimatedRows,
    description,
  };
}

function sameNames(a: readonly (string | null)[], b: readonly string[]): boolean {
  return a.length === b.length && b.every((name) => a.includes(name));
}
