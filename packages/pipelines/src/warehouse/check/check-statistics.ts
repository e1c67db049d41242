import type { Finding } from '@drover/core';
import { qualifiedName } from '@drover/postgres';
import { listed } from '../choose-tables.ts';
import type { WarehouseParts } from '../parts.ts';
import type { TablePlan } from '../table-plan.ts';

/** Above this share of rows that changed since, statistics say little. */
const STALE_SHARE = 0.5;

/**
 * Statistics of the tables that are large enough to be cut. Ranges are cut by a sample of the rows, not by
 * statistics; how much is left to do is reckoned with them.
 */
export async function* checkStatistics(
  { source, spec }: WarehouseParts,
  plans: readonly TablePlan[],
): AsyncGenerator<Finding> {
  const large = plans.filter((plan) => plan.source.bytes > spec.chunk.bytes);
  const missing = large.filter((plan) => plan.source.estimatedRows === 0);
  if (missing.length > 0) {
    yield finding(missing, 'statistics-missing', 'were never analyzed');
  }
  const known = large.filter((plan) => plan.source.estimatedRows > 0);
  const rows = await source.query(
    `with recursive part(root, oid) as (
       select oid, oid from unnest($1::oid[]) as given(oid)
       union
       select part.root, i.inhrelid from part join pg_class c on c.oid = part.oid and c.relkind = 'p'
       join pg_inherits i on i.inhparent = part.oid)
     select part.root, sum(t.n_mod_since_analyze) as changed
     from part join pg_stat_all_tables t on t.relid = part.oid group by part.root`,
    [known.map((plan) => String(plan.source.oid))],
  );
  const changed = new Map(rows.map((row) => [row['root'], Number(row['changed'])]));
  const stale = known.filter(
    ({ source: { oid, estimatedRows } }) =>
      (changed.get(String(oid)) ?? 0) > estimatedRows * STALE_SHARE,
  );
  if (stale.length > 0) {
    yield finding(stale, 'statistics-stale', 'have changed by more than half since their analysis');
  }
}

function finding(plans: readonly TablePlan[], rule: string, what: string): Finding {
  const names = plans.map(({ source }) => qualifiedName(source.schema, source.name));
  return {
    level: 'warning',
    rule,
    subject: 'source',
    reason: `${listed(plans.map(({ stream }) => stream))} ${what}: row counts and the time that is left are guesses`,
    fix: `analyze ${names.join(', ')};`,
  };
}
