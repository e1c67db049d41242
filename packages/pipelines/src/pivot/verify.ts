import type { Verdict, VerifyContext } from '@drover/core';
import type { Session } from '@drover/postgres';
import {
  comparison,
  DIGEST_SETTINGS,
  type Digest,
  digestSource,
  digestTarget,
  NO_DIGEST,
  type SourceDigest,
  type TargetDigest,
} from './digest.ts';
import { type CellDifference, compareCells, type DrillPlace, readCellValues } from './drill.ts';
import { compareEmptyRows } from './empty-rows.ts';
import { chooseHashing, type Hashing } from './hashing.ts';
import { Judge } from './judge.ts';
import { countNullKeys } from './null-keys.ts';
import type { PivotParts } from './parts.ts';
import type { Span } from './range.ts';
import { readSourceTable, type SourceTable } from './source-table.ts';
import type { TargetTable } from './target-table.ts';

const SNAPSHOT = `begin isolation level repeatable read read only; ${DIGEST_SETTINGS}`;

/**
 * Compares a span cell by cell, by digests first. Columns whose digests differ are compared once more in
 * fresh snapshots, cell by cell: only what differs then counts.
 */
export async function verifySpan(
  parts: PivotParts,
  span: Span,
  context: VerifyContext,
): Promise<Verdict> {
  return parts.lanes.use(context, async ({ source, target }) => {
    const hashing = await chooseHashing(source, target);
    const table = await readSourceTable(source, parts.spec);
    await Promise.all([source.script(SNAPSHOT), target.script(SNAPSHOT)]);
    const sides = { parts, source, target, table, span, hashing };
    const { suspects, compared } = await compareDigests(sides);
    context.progress({ rows: compared, bytes: 0 });
    await Promise.all([source.script('commit'), target.script('commit')]);
    if (suspects.length === 0) return { ...NOTHING_WRONG, compared };

    await Promise.all([source.script(SNAPSHOT), target.script(SNAPSHOT)]);
    const judge = await Judge.create(source, context);
    for (const suspect of suspects) await drill(sides, suspect, judge);
    await Promise.all([source.script('commit'), target.script('commit')]);
    return { ...judge.verdict(), compared };
  });
}

/** Rows without ship, channel or time: as many as there are rejects on record. */
export async function verifyNullKeys(parts: PivotParts, context: VerifyContext): Promise<Verdict> {
  const table = await readSourceTable(parts.source, parts.spec);
  const [present, { rejects }] = await Promise.all([
    countNullKeys(parts.source, table),
    context.moved(),
  ]);
  const stale = Math.abs(present - rejects.length);
  return { compared: present, wrong: 0, stale, explained: rejects.length, differences: [] };
}

/** No difference. */
const NOTHING_WRONG: Omit<Verdict, 'compared'> = {
  wrong: 0,
  stale: 0,
  explained: 0,
  differences: [],
};

export interface Sides {
  readonly parts: PivotParts;
  readonly source: Session;
  readonly target: Session;
  readonly table: SourceTable;
  readonly span: Span;
  readonly hashing: Hashing;
}

/** A column whose digests differ, or with `channel` null a table whose empty rows must be looked at. */
export interface Suspect {
  readonly ship: string;
  readonly group: number;
  readonly wide: TargetTable;
  readonly channel: string | null;
  readonly columnType: string;
}

async function compareDigests(sides: Sides): Promise<{ suspects: Suspect[]; compared: number }> {
  const { parts, source, target, table, span, hashing } = sides;
  const { spec, layout } = parts;
  const places = span.ships.flatMap((ship) =>
    [...layout.groups.keys()].map((group) => ({
      ship,
      group,
      name: layout.tableName(ship, group),
    })),
  );
  const present = await parts.catalogue.read(
    target,
    places.map((place) => place.name),
  );
  const digestTables = async () => {
    const digests = new Map<string, TargetDigest>();
    for (const wide of present.values()) {
      const { schema } = spec.target;
      digests.set(
        wide.name,
        await digestTarget(target, {
          schema,
          table: wide,
          time: table.columns.time,
          span,
          hashing,
        }),
      );
    }
    return digests;
  };
  const [ours, theirs] = await Promise.all([
    digestSource(source, { table, spec, span, hashing }),
    digestTables(),
  ]);
  const byShip = groupBy(ours, (digest) => digest.ship);
  const suspects: Suspect[] = [];
  for (const { ship, group, name } of places) {
    const mine = (byShip.get(ship) ?? []).filter((digest) => {
      const home = layout.home(digest.channel);
      return home.kind === 'group' && home.group === group;
    });
    const wide = present.get(name) ?? { name, oid: '', version: '', columns: [] };
    suspects.push(...suspectsOf({ ship, group, wide }, mine, theirs.get(name), sides));
  }
  return { suspects, compared: ours.reduce((sum, digest) => sum + digest.rows, 0) };
}

function suspectsOf(
  place: { ship: string; group: number; wide: TargetTable },
  ours: readonly SourceDigest[],
  theirs: TargetDigest | undefined,
  sides: Sides,
): Suspect[] {
  const byChannel = groupBy(ours, (digest) => digest.channel);
  const types = new Map(place.wide.columns.map((column) => [column.name, column.type]));
  types.delete(sides.table.columns.time.name);
  const suspects: Suspect[] = [];
  for (const channel of new Set([...byChannel.keys(), ...types.keys()])) {
    const columnType = types.get(channel) ?? 'text';
    const expected = expectedDigest(byChannel.get(channel) ?? [], columnType, sides);
    const found = theirs?.columns.get(channel) ?? NO_DIGEST;
    if (expected === null || expected.count !== found.count || expected.sum !== found.sum) {
      suspects.push({ ...place, channel, columnType });
    }
  }
  // A row whose values are all NULL has no digest: such rows are looked at one by one, on both sides.
  const withoutValue = ours.some((digest) => digest.rows > digest.count);
  if (withoutValue || (theirs?.emptyRows ?? 0) > 0) {
    suspects.push({ ...place, channel: null, columnType: '' });
  }
  return suspects;
}

/** What the wide column should have; null where that cannot be told from digests. */
function expectedDigest(
  digests: readonly SourceDigest[],
  columnType: string,
  { table, parts }: Sides,
): Digest | null {
  let expected = NO_DIGEST;
  for (const digest of digests) {
    const value = digest.value === null ? undefined : table.columns.values[digest.value];
    if (value === undefined || digest.count === 0) continue;
    const how = comparison(value, columnType, parts.spec);
    if (how === 'cells') return null;
    if (how === 'digest') {
      expected = { count: expected.count + digest.count, sum: expected.sum + digest.sum };
    }
  }
  return expected;
}

async function drill(sides: Sides, suspect: Suspect, judge: Judge): Promise<void> {
  const { ship, wide } = suspect;
  if (suspect.channel === null) {
    const { missing, extra } = await compareEmptyRows(sides, suspect);
    for (const time of missing) judge.addRow({ ship, time, table: wide.name }, 'missing');
    for (const time of extra) judge.addRow({ ship, time, table: wide.name }, 'extra');
    return;
  }
  const { table, parts, source, target, span } = sides;
  const place: DrillPlace = {
    source,
    target,
    table,
    spec: parts.spec,
    span,
    ship,
    channel: suspect.channel,
    wide: { name: wide.name, columnType: suspect.columnType },
    hasColumn: wide.columns.some((column) => column.name === suspect.channel),
    values: atHome(sides, suspect)
      ? table.columns.values.filter(
          (value) => comparison(value, suspect.columnType, parts.spec) !== 'foreign',
        )
      : [],
  };
  const shown: CellDifference[] = [];
  for await (const difference of compareCells(place)) {
    if (judge.judgeCell(place, difference)) shown.push(difference);
  }
  for (const difference of shown) {
    judge.show(place, difference, await readCellValues(place, difference.time));
  }
}

/** Whether the channel belongs into the table at all: where not, the source has nothing to put there. */
function atHome({ parts }: Sides, suspect: Suspect): boolean {
  const home = parts.layout.home(suspect.channel ?? '');
  return home.kind === 'group' && home.group === suspect.group;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
