import type { Ledger, Pipeline, RejectRecord } from '@drover/core';

/** What a person asked for; what is absent does not matter. */
export interface RejectFilter {
  readonly runId?: number;
  readonly rule?: string;
  readonly entities?: readonly string[];
  readonly openOnly: boolean;
}

const PAGE = 1000;

/** Rejects of all runs of a migration, newest run first, page by page. */
export async function* chooseRejects(
  ledger: Ledger,
  of: { readonly migrationId: string; readonly pipeline: Pick<Pipeline, 'selections'> },
  filter: RejectFilter,
): AsyncGenerator<RejectRecord> {
  const { rule, openOnly, entities } = filter;
  for (const run of await ledger.runs({ migrationId: of.migrationId })) {
    if (filter.runId !== undefined && run.id !== filter.runId) continue;
    for (let after = 0; ; ) {
      const page = await ledger.rejects({
        runId: run.id,
        after,
        limit: PAGE,
        openOnly,
        ...(rule === undefined ? {} : { rule }),
      });
      for (const reject of page) {
        if (entities === undefined || concerns(reject, entities, of.pipeline)) yield reject;
      }
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.id;
    }
  }
}

function concerns(
  reject: RejectRecord,
  entities: readonly string[],
  { selections }: Pick<Pipeline, 'selections'>,
): boolean {
  const [part] = selections?.replay([reject]) ?? [];
  const named = part === undefined ? [] : (selections?.of(part.range) ?? []);
  return named.some(({ entity }) => entities.includes(entity));
}
