import { createHash } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { Session } from './session.ts';

const server = inject('postgresUrl');

const open = () => Session.open(server, { side: 'test', applicationName: 'drover test' });

async function collect(session: Session, text: string) {
  const hash = createHash('md5');
  let bytes = 0;
  let rows = 0;
  for await (const piece of session.copyOut(text, (count) => {
    rows = count;
  })) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { md5: hash.digest('hex'), bytes, rows };
}

/** What the server itself says that the lines of a query are. */
async function told(session: Session, query: string) {
  const [row] = await session.query(
    `select md5(string_agg(line || E'\\n', '' order by n)) as md5, sum(octet_length(line) + 1) as bytes, count(*) as rows
     from (select row_number() over () as n, line from (${query}) as q) as r`,
  );
  return { md5: row?.['md5'], bytes: Number(row?.['bytes']), rows: Number(row?.['rows']) };
}

describe('the bytes of a COPY', () => {
  // Lengths around the size of a socket's reads, so that headers are cut at every place.
  test.each([
    ['many short rows', 'select i::text as line from generate_series(1, 300000) i'],
    [
      'rows of every length',
      `select repeat('x', i % 3000) as line from generate_series(1, 20000) i`,
    ],
    [
      'rows longer than what comes at once',
      `select repeat('y', 900000 + i) as line from generate_series(1, 12) i`,
    ],
    ['one row', `select 'z' as line`],
  ])('are those of the rows, none too many or few: %s', async (_, query) => {
    await using session = await open();
    expect(await collect(session, `copy (${query}) to stdout`)).toEqual(await told(session, query));
    expect(session.broken).toBe(false);
  });

  test('of no row are none', async () => {
    await using session = await open();
    expect(await collect(session, 'copy (select 1 where false) to stdout')).toMatchObject({
      bytes: 0,
      rows: 0,
    });
    expect(await session.query('select 1 as one')).toEqual([{ one: '1' }]);
  });

  test('are not mixed with what the server says between them', async () => {
    await using session = await open();
    await session.script(`
      create function pg_temp.talk(i int) returns int language plpgsql as $$
      begin raise warning 'row %', i; return i; end $$`);
    const query = 'select pg_temp.talk(i)::text as line from generate_series(1, 5000) i';
    expect(await collect(session, `copy (${query}) to stdout`)).toMatchObject({
      rows: 5000,
      bytes: 9 * 2 + 90 * 3 + 900 * 4 + 4001 * 5,
    });
  });

  test('end with the error of the server, and the session goes on', async () => {
    await using session = await open();
    await session.script('begin');
    const text = 'copy (select 1 / (5000 - i) from generate_series(1, 9000) i) to stdout';
    await expect(collect(session, text)).rejects.toMatchObject({ context: { sqlstate: '22012' } });
    expect(session.broken).toBe(false);
    await session.script('rollback');
    expect(await session.query('select 2 as two')).toEqual([{ two: '2' }]);
  });

  test('end with the connection, however many were still to come', async () => {
    await using session = await open();
    await using other = await open();
    const [row] = await session.query('select pg_backend_pid() as pid');
    const pieces = session.copyOut(
      `copy (select repeat('x', 10000) from generate_series(1, 100000)) to stdout`,
    );
    await pieces.next();
    await other.query('select pg_terminate_backend($1)', [row?.['pid'] ?? '']);
    const rest = async () => {
      for await (const piece of pieces) expect(piece.length).toBeGreaterThan(0);
    };
    await expect(rest()).rejects.toMatchObject({ name: 'DroverError' });
    expect(session.broken).toBe(true);
  });

  test('are not read ahead of a consumer that waits', async () => {
    await using session = await open();
    const pieces = session.copyOut(
      `copy (select repeat('x', 10000) from generate_series(1, 20000)) to stdout`,
    );
    await pieces.next();
    await using other = await open();
    // The server waits to send: the consumer's own buffers and the socket's are full.
    const waits = async () => {
      const [row] = await other.query(
        `select count(*) as n from pg_stat_activity where wait_event = 'ClientWrite' and application_name = 'drover test'`,
      );
      return row?.['n'] === '1';
    };
    await expect.poll(waits, { timeout: 20_000 }).toBe(true);
    let bytes = 0;
    for await (const piece of pieces) bytes += piece.length;
    expect(bytes).toBeLessThan(20_000 * 10_001);
    expect(bytes).toBeGreaterThan(20_000 * 10_001 - 2 * 1024 * 1024);
  });

  test('that nobody wants any more leave the session broken', async () => {
    await using session = await open();
    for await (const piece of session.copyOut(
      'copy (select generate_series(1, 1000000)) to stdout',
    )) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(session.broken).toBe(true);
  });
});
