import { once } from 'node:events';
import { SAMPLE_GROUPS } from '@drover/sample-data';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import QueryStream from 'pg-query-stream';

interface NarrowRow {
  readonly ship_id: string;
  readonly data_channel_id: string;
  readonly created_time: string | Date;
  readonly value_format: string;
  readonly bool_v: string | boolean | null;
  readonly str_v: string | null;
  readonly long_v: string | null;
  readonly double_v: string | number | null;
}

const ROWS_AT_ONCE = 10_000;
const FLUSH_BYTES = 1024 * 1024;

/**
 * The pivot as it is usually written: rows are streamed as objects, gathered into an object per ship and
 * time, and written with COPY, one stream per table. Rows come in order of time, 10,000 at once.
 * @param types `default` as the library reads them (numbers, Dates: microseconds are lost); `text` leaves
 *   every value as the text that the server sent, which is quicker and exact.
 */
export async function pivotRowsInJavaScript(
  url: string,
  span: { from: string; to: string },
  options: { schema: string; types: 'default' | 'text' },
): Promise<number> {
  const types = { getTypeParser: () => (value: string) => value };
  const { schema } = options;
  const source = new pg.Client({
    connectionString: url,
    ...(options.types === 'text' ? { types } : {}),
  });
  await source.connect();
  const groupOf = new Map(
    SAMPLE_GROUPS.flatMap((group) => group.channels.map((channel) => [channel.name, group.name])),
  );
  const tables = new Map<string, WideTable>();
  const rows = source.query(
    new QueryStream(
      `select ship_id, data_channel_id, created_time, value_format, bool_v, str_v, long_v, double_v
       from tenant.tbl_data_timeseries where created_time >= $1 and created_time < $2 order by created_time`,
      [span.from, span.to],
      { batchSize: ROWS_AT_ONCE },
    ),
  );
  let time = '';
  let wide = new Map<string, Record<string, string>>();
  let read = 0;
  const write = async () => {
    for (const [key, cells] of wide) {
      let table = tables.get(key);
      if (table === undefined) {
        const [ship = '', group = ''] = key.split('\0');
        table = await WideTable.open(url, { schema, ship, group });
        tables.set(key, table);
      }
      await table.write(time, cells);
    }
    wide = new Map();
  };
  for await (const piece of rows) {
    const row = piece as NarrowRow;
    const at = row.created_time instanceof Date ? row.created_time.toISOString() : row.created_time;
    if (at !== time) {
      await write();
      time = at;
    }
    const key = `${row.ship_id}\0${groupOf.get(row.data_channel_id) ?? ''}`;
    const cells = wide.get(key) ?? {};
    const value = cellOf(row);
    if (value !== null) cells[row.data_channel_id] = String(value);
    wide.set(key, cells);
    read += 1;
  }
  await write();
  for (const table of tables.values()) await table.end();
  await source.end();
  return read;
}

function cellOf(row: NarrowRow): string | number | boolean | null {
  switch (row.value_format) {
    case 'Decimal':
      return row.double_v;
    case 'Integer':
      return row.long_v;
    case 'String':
      return row.str_v;
    default:
      return row.bool_v;
  }
}

class WideTable {
  readonly #client: pg.Client;
  readonly #stream: ReturnType<typeof copyFrom>;
  readonly #columns: readonly string[];
  #lines: string[] = [];
  #bytes = 0;

  private constructor(
    client: pg.Client,
    stream: ReturnType<typeof copyFrom>,
    columns: readonly string[],
  ) {
    this.#client = client;
    this.#stream = stream;
    this.#columns = columns;
  }

  static async open(
    url: string,
    of: { schema: string; ship: string; group: string },
  ): Promise<WideTable> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const columns =
      SAMPLE_GROUPS.find((group) => group.name === of.group)?.channels.map(
        (channel) => channel.name,
      ) ?? [];
    const list = ['created_time', ...columns].map((name) => `"${name}"`).join(', ');
    const table = `"${of.schema}"."tbl_data_timeseries_${of.ship}_${of.group}"`;
    await client.query('begin');
    return new WideTable(
      client,
      client.query(copyFrom(`copy ${table} (${list}) from stdin`)),
      columns,
    );
  }

  async write(time: string, cells: Record<string, string>): Promise<void> {
    const line = [time];
    for (const column of this.#columns) {
      const value = cells[column];
      line.push(value === undefined ? '\\N' : value.replace(/[\\\t\n\r]/g, escaped));
    }
    const text = `${line.join('\t')}\n`;
    this.#lines.push(text);
    this.#bytes += text.length;
    if (this.#bytes < FLUSH_BYTES) return;
    const full = !this.#stream.write(this.#lines.join(''));
    this.#lines = [];
    this.#bytes = 0;
    if (full) await once(this.#stream, 'drain');
  }

  async end(): Promise<void> {
    this.#stream.end(this.#lines.join(''));
    await once(this.#stream, 'finish');
    await this.#client.query('commit');
    await this.#client.end();
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};
const escaped = (character: string): string => ESCAPES[character] ?? character;
