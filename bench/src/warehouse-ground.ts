import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '@drover/postgres';
import { startPostgres } from '@drover/servers';
import { count, duration } from '@drover/telemetry';
import { timed } from './measure.ts';
import type { SinkAddress } from './warehouse-sink.ts';
import { SCHEMA, TABLES, type TableName } from './warehouse-tables.ts';

/** A source, and what takes the place of Doris: it reads what is sent and drops it. */
export interface WarehouseGround extends AsyncDisposable {
  readonly url: string;
  readonly sql: Database;
  readonly sink: Sink;
  /** Makes the table where that has not been done yet. */
  fill(name: TableName): Promise<void>;
}

interface Sink extends SinkAddress, AsyncDisposable {
  /** From now on each load of the table has so many rows; null: they are to be counted. */
  announce(table: TableName, rows: number | null): Promise<void>;
}

export async function openWarehouseGround(): Promise<WarehouseGround> {
  const server = await startPostgres();
  const sql = openDatabase(server.url, {
    side: 'bench',
    applicationName: 'bench',
    max: 4,
    answerTimeoutMs: 3600_000,
  });
  await sql.query(`create schema ${SCHEMA}`);
  const sink = await startSink();
  process.stdout.write(`\n${server.origin}; a sink in place of Doris\n`);
  const filled = new Map<TableName, Promise<void>>();
  return {
    url: server.url,
    sql,
    sink,
    fill(name) {
      const filling = filled.get(name) ?? fill(sql, name);
      filled.set(name, filling);
      return filling;
    },
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await sql.close();
      await server.stop();
    },
  };
}

/** Both cores make rows; nothing that a table is made of is written twice. */
async function fill(sql: Database, name: TableName): Promise<void> {
  const { rows, columns, values } = TABLES[name];
  const relation = `${SCHEMA}.${name}`;
  const ms = await timed(async () => {
    await sql.query(`create unlogged table ${relation} (${columns})`);
    if (name === 'documents') {
      await sql.query(`alter table ${relation} alter body set storage external`);
    }
    const half = Math.floor(rows / 2);
    const insert = (from: number, to: number) =>
      sql.query(
        `insert into ${relation} select ${values} from generate_series(${from}, ${to}::bigint) n`,
      );
    await Promise.all([insert(1, half), insert(half + 1, rows)]);
    await sql.query(`alter table ${relation} add primary key (id)`);
    // So that the first one to read the rows does not have to note on them that they are committed.
    await sql.query(`vacuum analyze ${relation}`);
  });
  process.stdout.write(`${name}: ${count(rows)} rows made in ${duration(ms)}\n`);
}

async function startSink(): Promise<Sink> {
  const child = fork(fileURLToPath(new URL('./warehouse-sink.js', import.meta.url)), {
    execArgv: [],
  });
  const [address] = (await once(child, 'message')) as [SinkAddress];
  return {
    ...address,
    async announce(table, rows) {
      const wish = rows === null ? '' : `&rows=${rows}`;
      await fetch(`${address.be}/announce?table=${table}${wish}`);
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
