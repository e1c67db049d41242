import { type Finding, formatDuration, parseTimestamp } from '@drover/core';
import { qualifiedName } from '@drover/postgres';
import { openPivot, parseAnchor } from '../anchor.ts';
import { rowDensity } from '../grid.ts';
import { rowBytes } from '../row-width.ts';
import type { SchemaSample } from '../schema-sample.ts';
import { columnsByShip, widest } from '../widest-ship.ts';
import type { CheckFacts } from './check.ts';

/** Narrow rows a second that one attempt moves on a modest server; measured, see bench. */
const ROWS_PER_SECOND = 800_000;

/** How much there is to move, how long it may take, and the room it takes. */
export async function* checkVolume(
  facts: CheckFacts,
  sample: SchemaSample,
): AsyncGenerator<Finding> {
  const { parts, context, table } = facts;
  const known = facts.ships.filter((ship) => facts.present.includes(ship));
  const opening = await openPivot(parts, {
    ...context,
    options: { ...context.options, entities: known },
  });
  const anchor = parseAnchor(opening.anchor);
  if (table.description.kind === 'table' && (table.estimatedRows ?? 0) === 0) {
    yield {
      level: 'warning',
      rule: 'statistics-missing',
      subject: `source ${table.schema}.${table.name}`,
      reason: 'the table was never analyzed: how much there is to move is not known',
      fix: `analyze ${qualifiedName(table.schema, table.name)};`,
    };
    return;
  }
  let rows = 0;
  let chunks = 0;
  for (const part of anchor.parts) {
    const density = await rowDensity(parts, facts.table, part, facts.present.length);
    if (density === null) continue;
    const from = part.from === null ? density.first : (parseTimestamp(part.from) ?? density.first);
    const to = part.to === null ? density.last : (parseTimestamp(part.to) ?? density.last);
    const micros = to > from ? to - from : 0n;
    rows += Number(micros) * density.perMicro;
    chunks += Math.max(1, Math.ceil(Number(micros) / Number(anchor.chunkMicros)));
  }
  const seconds = rows / (ROWS_PER_SECOND * Math.max(1, context.attemptsAtOnce));
  yield {
    level: 'info',
    rule: 'volume',
    subject: 'to move',
    reason: `some ${Math.round(rows)} rows of ${known.length} ships in about ${chunks} chunks of ${formatDuration(anchor.chunkMicros)}, by statistics; in the order of ${formatDuration(BigInt(Math.ceil(seconds)) * 1_000_000n)} with ${context.attemptsAtOnce} chunks at once`,
    fix: '',
  };
  const perChunk = rows / Math.max(1, chunks) / ROWS_PER_SECOND;
  const limit = Number(parts.spec.chunk.timeLimit) / 1e6;
  if (perChunk > limit / 2) {
    yield {
      level: 'warning',
      rule: 'chunk-long',
      subject: 'chunk.length',
      reason: `a chunk may take ${Math.round(perChunk)} s, close to the limit of ${limit} s, above which it is split`,
      fix: `Choose a shorter chunk.length, now ${formatDuration(parts.spec.chunk.length)}, or a longer chunk.timeLimit.`,
    };
  }
  yield diskFinding(facts, sample, rows);
}

function diskFinding(facts: CheckFacts, sample: SchemaSample, rows: number): Finding {
  const columns = [...facts.parts.layout.groups.keys()].map((group) =>
    widest(columnsByShip(facts, sample, group).values()),
  );
  const cells = Math.max(
    1,
    columns.reduce((sum, group) => sum + group.length, 0),
  );
  const rowSize = columns.reduce((sum, group) => sum + rowBytes(group) + 40, 0);
  const bytes = (rows / cells) * rowSize;
  return {
    level: 'info',
    rule: 'disk',
    subject: 'target',
    reason: `the wide tables will take about ${(bytes / 1e9).toFixed(1)} GB, values above 2 kB not counted; the log of the target grows by as much for a while`,
    fix: '',
  };
}
