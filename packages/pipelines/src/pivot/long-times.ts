import type { SqlExecutor } from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';
import { fixedLength } from './framing.ts';
import type { Span } from './range.ts';
import { rowPredicate } from './source-query.ts';
import type { SourceTable } from './source-table.ts';

/** A timestamp of one ship that holds more than a tuple may. */
export interface LongTime {
  readonly ship: string;
  readonly time: string;
  /** Source rows that it has. */
  readonly rows: number;
}

/** Asks the source which timestamps are too long, by the stored lengths of their texts. */
export async function findLongTimes(
  sql: SqlExecutor,
  table: SourceTable,
  wanted: { ship: string; span: Pick<Span, 'from' | 'to'>; maxBytes: number },
): Promise<LongTime[]> {
  const time = identifier(table.columns.time.name);
  const lengths = [
    `octet_length(${table.columns.channel.text})`,
    ...table.columns.values.map((value) =>
      fixedLength(value.type) === null
        ? `coalesce(octet_length(${identifier(value.name)}::text), 0)`
        : '30',
    ),
  ];
  const rows = await sql.query(
    `select ${time}::text as time, count(*) as rows from ${qualifiedName(table.schema, table.name)}
     where ${rowPredicate(table, { ships: [wanted.ship], span: wanted.span, without: [] })}
     group by ${time} having sum((${lengths.join(' + ')})::numeric) > $1`,
    [wanted.maxBytes],
  );
  return rows.map((row) => ({
    ship: wanted.ship,
    time: row['time'] ?? '',
    rows: Number(row['rows']),
  }));
}
