import { type CheckContext, DroverError, type Finding } from '@drover/core';
import { listed } from '../choose-tables.ts';
import { targetIdentifier } from '../names.ts';
import type { TablePlan } from '../table-plan.ts';
import type { TargetSql } from '../target-sql.ts';
import { type Grants, type Right, readGrants } from './grants.ts';

/** Whether the user of the target may do what a run does there. */
export async function* checkGrants(
  target: TargetSql,
  { options }: CheckContext,
  plans: readonly TablePlan[],
): AsyncGenerator<Finding> {
  const grants = await askGrants(target);
  if (grants === null) {
    yield {
      level: 'info',
      rule: 'rights-unknown',
      subject: 'target',
      reason:
        'the server does not list the rights of the user in a form that is known: whether they are enough is seen when a run begins',
      fix: '',
    };
    return;
  }
  for (const database of new Set(plans.map((plan) => plan.database))) {
    const missing = new Map<Right, string[]>();
    for (const plan of plans.filter((one) => one.database === database)) {
      for (const right of rightsFor(plan, options.dropTables === true)) {
        if (grants.has(right, plan)) continue;
        missing.set(right, [...(missing.get(right) ?? []), plan.table]);
      }
    }
    if (missing.size === 0) continue;
    const tables = [...new Set([...missing.values()].flat())];
    const names = [...missing.keys()].map((right) => right.toUpperCase());
    yield {
      level: 'error',
      rule: 'right-missing',
      subject: `target database ${database}`,
      reason: `user ${grants.user} lacks ${names.join(', ')} for ${listed(tables, 5)}`,
      fix: `GRANT ${names.join(', ')} ON ${targetIdentifier(database)}.* TO ${grants.user};`,
    };
  }
}

/** A server that does not answer this may let the user do all that is needed. */
async function askGrants(target: TargetSql): Promise<Grants | null> {
  try {
    return readGrants(await target.query('SHOW GRANTS'));
  } catch (error) {
    if (error instanceof DroverError && error.code !== 'CONNECTION_LOST') return null;
    throw error;
  }
}

/** A table without a key is loaded into a new one, which takes its place. */
function rightsFor({ key }: TablePlan, dropTables: boolean): readonly Right[] {
  const always = ['Select_priv', 'Load_priv', 'Create_priv'] as const;
  if (key.length === 0) return [...always, 'Alter_priv', 'Drop_priv'];
  return dropTables ? [...always, 'Drop_priv'] : always;
}
