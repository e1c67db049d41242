import { scratchDatabase } from '@drover/testkit';
import { expect, inject, test } from 'vitest';
import { spanPredicate } from './range.ts';
import { pivotSelections } from './selections.ts';
import { spanIn } from './testing/range-model.ts';

/** The moments at the edges of what each type of time holds, as a person would write them. */
const TIMES = {
  'timestamp without time zone': [
    '-infinity',
    '4714-11-24 00:00:00 BC',
    '0001-12-31 23:59:59.999999 BC',
    '0001-01-01',
    '2026-01-01 00:00:00.1',
    '294276-12-31 23:59:59.999998',
    '294276-12-31 23:59:59.999999',
    'infinity',
  ],
  'timestamp with time zone': [
    '-infinity',
    '4714-11-24 00:00:00+00 BC',
    '2026-01-01 00:00:00.1+09',
    '294276-12-31 23:59:59.999999+00',
    'infinity',
  ],
  date: ['-infinity', '4714-11-24 BC', '0044-03-15 BC', '2026-01-01', '294276-12-31', 'infinity'],
};

// Mutation: `boundsOf` without its names for the two ends writes moments that Postgres has not.
test.each(Object.entries(TIMES))(
  'Postgres finds each %s in the range that replays it',
  async (type, times) => {
    await using database = await scratchDatabase(inject('postgresUrl'));
    const select = `select at::text as at from unnest($1::${type}[]) as moment(at)`;
    const rows = await database.sql.query(select, [times]);
    const rejects = rows.map(({ at }, id) => ({
      id,
      stream: 's',
      key: { ship: 'A', time: at ?? null },
    }));
    // The shortest chunk, so that no two of them are joined.
    const parts = pivotSelections({ chunkMicros: 1n }).replay(rejects);
    expect(parts).toHaveLength(times.length);
    for (const { range, rejectIds } of parts) {
      const where = spanPredicate(spanIn(range), 'at', type);
      const found = await database.sql.query(`${select} where ${where}`, [times]);
      expect(found).toEqual(rejectIds.map((id) => ({ at: rejects[id]?.key.time })));
    }
  },
);
