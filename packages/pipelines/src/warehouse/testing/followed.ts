import { targetIdentifier } from '../names.ts';
import {
  type RunOf,
  type WarehouseFixture,
  type WarehouseRun,
  warehouseFixture,
} from './warehouse-fixture.ts';

/** A warehouse whose tables are followed: what one run settles, the next one knows. */
export interface Followed extends AsyncDisposable {
  readonly fixture: WarehouseFixture;
  sql(...statements: readonly string[]): Promise<void>;
  full(of?: RunOf): Promise<WarehouseRun>;
  sync(of?: RunOf): Promise<WarehouseRun>;
  /** How far the table was followed, as a value of its column; undefined where it never was. */
  watermark(stream: string): string | undefined;
  /** What the ledger would know, had `shop.orders` been followed so far. */
  since(bound: string, column?: string): Promise<ReadonlyMap<string, string>>;
  /** Rows of the target as texts, a line each, sorted. */
  target(table: string, columns: readonly string[]): Promise<string[]>;
  /** The same of the source. */
  source(table: string, columns: readonly string[], where?: string): Promise<string[]>;
}

export async function followed(of: Parameters<typeof warehouseFixture>[0]): Promise<Followed> {
  const spec = { sync: { margin: '1us' }, ...of.spec };
  const fixture = await warehouseFixture({ ...of, spec });
  let watermarks: ReadonlyMap<string, string> = new Map();
  const run = async (one: RunOf) => {
    const done = await fixture.run({ watermarks, ...one });
    watermarks = done.watermarks;
    return done;
  };
  const lines = (
    columns: readonly string[],
    rows: readonly Readonly<Record<string, string | null>>[],
  ) => rows.map((row) => columns.map((name) => row[name] ?? 'NULL').join(' ')).sort();
  return {
    fixture,
    async sql(...statements) {
      for (const statement of statements) await fixture.source.sql.query(statement);
    },
    full: (one = {}) => run({ kind: 'full', ...one }),
    sync: (one = {}) => run({ kind: 'incremental', ...one }),
    watermark: (stream) => watermarks.get(stream)?.split(' by ')[0],
    async since(bound, column = 'updated_at') {
      const [type] = await fixture.source.sql.query(
        `select format_type(atttypid, atttypmod) as printed from pg_attribute
         where attrelid = 'shop.orders'::regclass and attname = $1`,
        [column],
      );
      return new Map([['shop.orders', `${bound} by ${column} (${type?.['printed']})`]]);
    },
    async target(table, columns) {
      const names = columns.map(targetIdentifier).join(', ');
      const from = `${targetIdentifier(fixture.database)}.${targetIdentifier(table)}`;
      return lines(columns, await fixture.target.query(`SELECT ${names} FROM ${from}`));
    },
    async source(table, columns, where = 'true') {
      const texts = columns.map((name) => `${name}::text as ${name}`).join(', ');
      const rows = await fixture.source.sql.query(
        `select ${texts} from shop.${table} where ${where}`,
      );
      return lines(columns, rows);
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

/** Rows that the phase data of a run read. */
export const rowsRead = ({ settled }: WarehouseRun): number =>
  settled.reduce((sum, { receipt }) => sum + receipt.read, 0);
