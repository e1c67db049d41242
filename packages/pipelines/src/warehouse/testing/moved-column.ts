import type { SqlExecutor } from '@drover/core';
import { literal, qualifiedName } from '@drover/postgres';
import { planTable } from '../plan-table.ts';
import { readTables } from '../read-tables.ts';
import type { WarehouseSpec } from '../spec.ts';
import type { ColumnPlan } from '../table-plan.ts';
import { warehouseSpec } from './warehouse-spec.ts';

/** How one column of a scratch table is planned. */
export interface ColumnCase {
  /** Type in the source. */
  readonly type: string;
  /** As the file may have it. */
  readonly exception?: object;
  readonly types?: Partial<WarehouseSpec['types']>;
  /** The column is the key, which the catalogue or the file vouches for. */
  readonly key?: 'primary key' | 'file';
  readonly stringBytes?: number;
}

export interface MovedColumn {
  readonly plan: ColumnPlan;
  readonly sameOrder: boolean;
  /** By the text of the values: what COPY prints, the canonical text and the rules that it breaks. */
  readonly move: (values: readonly (string | null)[]) => Promise<readonly MovedValue[]>;
}

interface MovedValue {
  readonly value: string | null;
  readonly canonical: string | null;
  readonly rules: readonly string[];
}

const COLUMN = 'a "b" \\ c';

let tables = 0;

/** Makes a table with one column and plans it. */
export async function movedColumn(sql: SqlExecutor, of: ColumnCase): Promise<MovedColumn> {
  const name = `Table ${++tables}`;
  const table = qualifiedName('public', name);
  const column = COLUMN.replaceAll('"', '""');
  await sql.query(
    `create table ${table} ("${column}" ${of.type} ${of.key === 'primary key' ? 'primary key' : ''}, n int generated always as identity)`,
  );
  const file = warehouseSpec({
    source: { schemas: [{ name: 'public', tables: [name] }] },
    tables: [
      {
        name: `public.${name}`,
        columns: { [COLUMN]: of.exception ?? {} },
        ...(of.key === 'file' ? { key: [COLUMN] } : {}),
      },
    ],
  });
  const spec = { ...file, types: { ...file.types, ...of.types } };
  const [source] = (await readTables(sql, spec)).tables;
  if (source === undefined) throw new TypeError('no table was read');
  const plan = planTable(source, spec, { stringBytes: of.stringBytes ?? 1048576 });
  const planned = plan.columns.find((one) => one.source.name === COLUMN);
  if (planned === undefined) throw new TypeError('no column was planned');
  return {
    plan: planned,
    sameOrder: plan.sameOrder,
    async move(values) {
      await sql.query(`truncate ${table}`);
      for (const value of values) {
        const text = value === null ? 'null' : `${literal(value)}::${of.type}`;
        await sql.query(`insert into ${table} ("${column}") values (${text})`);
      }
      const rules = planned.misfits.map(
        ({ condition, rule }) =>
          `case ${condition} when true then ${literal(rule)} when false then '' end`,
      );
      const rows = await sql.query(
        `select ${planned.value} as value, ${planned.canonical?.source ?? 'null::text'} as canonical,
                array_to_json(array[${rules.join(', ')}]::text[])::text as rules
         from ${table} s order by n`,
      );
      return rows.map((row) => ({
        value: row['value'] ?? null,
        canonical: row['canonical'] ?? null,
        // A condition that is NULL stays one, and no expectation is met.
        rules: (JSON.parse(row['rules'] ?? '[]') as string[]).filter((rule) => rule !== ''),
      }));
    },
  };
}
