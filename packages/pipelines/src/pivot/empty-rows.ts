import { arrayLiteral, identifier, qualifiedName } from '@drover/postgres';
import { distinctRows, emptyRowSql } from './digest.ts';
import { spanPredicate } from './range.ts';
import type { Sides, Suspect } from './verify.ts';

/**
 * Wide rows without any value stand for narrow rows whose value is NULL; no digest sees them. Looks them
 * up on both sides by their times.
 */
export async function compareEmptyRows(
  sides: Sides,
  suspect: Suspect,
): Promise<{ missing: string[]; extra: string[] }> {
  const expected = await sourceTimes(sides, suspect, 'no value at all');
  const known = await sourceTimes(
    sides,
    suspect,
    // With `null`, rows whose value did not fit leave an empty cell too.
    sides.parts.spec.mismatch === 'null' ? 'any row' : 'some row without value',
  );
  const { all, empty } = await targetTimes(sides, suspect);
  return {
    missing: [...expected].filter((time) => !all.has(time)),
    extra: [...empty].filter((time) => !known.has(time)),
  };
}

/** Times of the table's narrow rows, chosen by what the rows of one time have. */
async function sourceTimes(
  sides: Sides,
  suspect: Suspect,
  which: 'no value at all' | 'some row without value' | 'any row',
): Promise<Set<string>> {
  const { table, parts, span, source } = sides;
  const { channel, time, values } = table.columns;
  const rows = distinctRows(table, parts.spec, { ...span, ships: [suspect.ship] });
  const list = await source.query(
    `select distinct ${identifier(channel.name)}::text as channel from ${rows} as moved`,
  );
  const mine = list.flatMap((row) => {
    const home = parts.layout.home(row['channel'] ?? '');
    return home.kind === 'group' && home.group === suspect.group ? [row['channel'] ?? ''] : [];
  });
  const noValue = values.map((value) => `${identifier(value.name)} is null`).join(' and ');
  const having = {
    'no value at all': `bool_and(${noValue})`,
    'some row without value': `bool_or(${noValue})`,
    'any row': 'true',
  }[which];
  const times = await source.query(
    `select ${identifier(time.name)}::text as moment from ${rows} as moved
     where ${identifier(channel.name)} = any (${arrayLiteral(mine, channel.type)})
     group by ${identifier(time.name)} having ${having}`,
  );
  return new Set(times.map((row) => row['moment'] ?? ''));
}

async function targetTimes(
  sides: Sides,
  suspect: Suspect,
): Promise<{ all: Set<string>; empty: Set<string> }> {
  const { table, parts, span, target } = sides;
  if (suspect.wide.columns.length === 0) return { all: new Set(), empty: new Set() };
  const { name, type } = table.columns.time;
  const channels = suspect.wide.columns.filter((column) => column.name !== name);
  const rows = await target.query(
    `select ${identifier(name)}::text as moment, ${emptyRowSql(channels)} as empty
     from ${qualifiedName(parts.spec.target.schema, suspect.wide.name)}
     where ${spanPredicate(span, identifier(name), type)}`,
  );
  return {
    all: new Set(rows.map((row) => row['moment'] ?? '')),
    empty: new Set(rows.flatMap((row) => (row['empty'] === 't' ? [row['moment'] ?? ''] : []))),
  };
}
