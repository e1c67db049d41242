import type { Finding } from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';
import { listed } from '../choose-tables.ts';
import type { WarehouseParts } from '../parts.ts';
import type { TablePlan } from '../table-plan.ts';

/** How the tables travel, where it is not in ranges of their key by many workers. */
export function* checkTables(
  { spec }: WarehouseParts,
  { plans }: { readonly plans: readonly TablePlan[] },
): Generator<Finding> {
  const keyless = plans.filter(({ key }) => key.length === 0);
  if (keyless.length > 0) {
    yield {
      level: 'info',
      rule: 'table-without-key',
      subject: 'source',
      reason: `tables without a key: ${sized(keyless)}. Each is moved by one worker, ${spec.load.parts} loads at once, and begins anew where its connection is lost; columns that tell its rows apart can be named in tables[].key`,
      fix: '',
    };
  }
  for (const plan of plans) yield* checkOrder(plan, spec.chunk.bytes);
  const texts = plans.filter(({ key, sameOrder }) => key.length > 0 && !sameOrder);
  if (texts.length > 0) {
    yield {
      level: 'info',
      rule: 'verified-whole',
      subject: 'source',
      reason: `the keys of the source and of the target have another order in ${sized(texts)}: texts in the order of a language, or numbers that are texts in the target. Each is moved in ranges, and verified as a whole`,
      fix: '',
    };
  }
  if (plans.length > 0) yield volume(plans, spec.chunk.bytes);
}

/** A range of a key without an index costs as much as the whole table. */
function* checkOrder({ stream, source }: TablePlan, chunkBytes: number): Generator<Finding> {
  const isTable = source.kind !== 'view' && source.kind !== 'foreign table';
  if (source.key === null || source.key.indexed || !isTable || source.bytes <= chunkBytes) return;
  const columns = source.key.columns.map(identifier).join(', ');
  const how = source.kind === 'partitioned table' ? '' : 'concurrently ';
  yield {
    level: 'warning',
    rule: 'index-missing',
    subject: stream,
    reason: `no index has the rows in the order of the key (${columns}): its ${sizeText(source.bytes)} are moved in one chunk`,
    fix: `create index ${how}on ${qualifiedName(source.schema, source.name)} (${columns});`,
  };
}

function volume(plans: readonly TablePlan[], chunkBytes: number): Finding {
  const rows = plans.reduce((sum, { source }) => sum + source.estimatedRows, 0);
  const bytes = plans.reduce((sum, { source }) => sum + source.bytes, 0);
  const chunks = plans.reduce(
    (sum, { key, source }) =>
      sum + (key.length === 0 ? 1 : Math.max(1, Math.ceil(source.bytes / chunkBytes))),
    0,
  );
  return {
    level: 'info',
    rule: 'volume',
    subject: 'to move',
    reason: `${plans.length} ${plans.length === 1 ? 'table' : 'tables'} of ${sizeText(bytes)} in the source, some ${rows} rows by statistics, in about ${chunks} ${chunks === 1 ? 'chunk' : 'chunks'}`,
    fix: '',
  };
}

const sized = (plans: readonly TablePlan[]): string =>
  listed(
    [...plans]
      .sort((a, b) => b.source.bytes - a.source.bytes)
      .map(({ stream, source }) => `${stream} (${sizeText(source.bytes)})`),
  );

function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
