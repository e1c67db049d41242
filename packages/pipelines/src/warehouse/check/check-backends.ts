import type { Finding } from '@drover/core';
import { placeOf } from '@drover/doris';
import { listed } from '../choose-tables.ts';
import type { WarehouseParts } from '../parts.ts';
import type { TablePlan } from '../table-plan.ts';
import type { Reached } from './check-frontends.ts';
import { judgeBackends } from './judge-backends.ts';

/** Together for all backends. */
const LOOK_MS = 30_000;

/** Which backends there are, and whether loads get to them from here. */
export async function* checkBackends(
  parts: WarehouseParts,
  plans: readonly TablePlan[],
  reached: Reached,
): AsyncGenerator<Finding> {
  const { spec, statements } = parts;
  yield* judgeBackends(await statements.query('SHOW BACKENDS'), {
    replicas: spec.target.replicas ?? null,
    commit: spec.load.commit,
    keyed: plans.some(({ key }) => key.length > 0),
  });
  const [plan] = plans;
  if (reached.http && plan !== undefined) yield* checkWays(parts, plan);
}

async function* checkWays(parts: WarehouseParts, plan: TablePlan): AsyncGenerator<Finding> {
  const { nodes } = parts;
  const { via, be } = nodes.address;
  const signal = AbortSignal.timeout(LOOK_MS);
  const urls = via === 'fe' ? [] : be.length > 0 ? be : await nodes.listed(signal);
  const answers = await Promise.all(urls.map((url) => nodes.answers(url, signal)));
  const near = urls.filter((_, index) => answers[index]);
  const far = urls.filter((_, index) => !answers[index]);
  if (near.length > 0) {
    yield {
      level: 'info',
      rule: 'load-way',
      subject: 'target',
      reason: `loads go straight to ${near.length === 1 ? 'backend' : `${near.length} backends:`} ${listed(near.map(placeOf))}`,
      fix: '',
    };
  }
  if (far.length > 0) yield unreachable(parts, { near, far });
  if (near.length === 0 && via !== 'be') yield* checkRedirect(parts, plan, signal);
}

/** Where nothing answers and the frontends may redirect, what their redirect leads to decides. */
function unreachable(
  { nodes }: WarehouseParts,
  { near, far }: { near: readonly string[]; far: readonly string[] },
): Finding {
  const { via, be } = nodes.address;
  const instead =
    near.length > 0
      ? 'loads go to the others'
      : via === 'be'
        ? 'loads have nowhere to go, as target.via is be'
        : 'loads go through the redirect of a frontend';
  const named = be.length > 0 ? 'correct target.be' : 'name addresses that answer in target.be';
  return {
    level: near.length === 0 && via === 'be' ? 'error' : 'warning',
    rule: 'backend-unreachable',
    subject: `target ${far.length === 1 ? 'backend' : 'backends'} ${listed(far.map(placeOf))}`,
    reason: `no answer from here: ${instead}`,
    fix: `Open the way from each worker to the port, or ${named}.`,
  };
}

async function* checkRedirect(
  { nodes }: WarehouseParts,
  { database, table }: TablePlan,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const path = `/api/${encodeURIComponent(database)}/${encodeURIComponent(table)}/_stream_load`;
  // Without a body and a label nothing begins: the frontend only says where to.
  const node = await nodes.redirect(path, { Expect: '100-continue' }, signal);
  const isThere = await nodes.answers(node, signal);
  yield {
    level: isThere ? 'info' : 'error',
    rule: 'load-way',
    subject: 'target',
    reason: isThere
      ? `loads go where a frontend sends them, e.g. to ${placeOf(node)}`
      : `a frontend sends loads to ${placeOf(node)}, which does not answer from here`,
    fix: isThere
      ? ''
      : 'Name addresses of the backends that answer from here in target.be, or let the frontends redirect to such (streamload_redirect_policy).',
  };
}
