import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { readTables } from '../read-tables.ts';
import type { SourceTable } from '../source-table.ts';
import { warehouseSpec } from './warehouse-spec.ts';

/** A source database to which a test gives its tables. */
export interface SourceFixture extends AsyncDisposable {
  readonly database: ScratchDatabase;
  run(...statements: readonly string[]): Promise<void>;
  /** One table of the schema `public`, as the catalogue has it now. */
  table(name: string, exception?: object): Promise<SourceTable>;
}

export async function sourceFixture(server: string): Promise<SourceFixture> {
  const database = await scratchDatabase(server);
  return {
    database,
    async run(...statements) {
      for (const statement of statements) await database.sql.query(statement);
    },
    async table(name, exception = {}) {
      const spec = warehouseSpec({
        source: { schemas: [{ name: 'public', tables: [name] }], views: 'copy' },
        tables: [{ name: `public.${name}`, ...exception }],
      });
      const [table] = (await readTables(database.sql, spec)).tables;
      if (table === undefined) throw new Error(`no table ${name}`);
      return table;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
