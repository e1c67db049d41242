import { createHash } from 'node:crypto';
import { DroverError, type Finding, type SqlExecutor } from '@drover/core';
import type { TableLeft } from './choose-tables.ts';
import { planAll, type TargetLimits } from './plan-table.ts';
import { readTables } from './read-tables.ts';
import type { WarehouseSpec } from './spec.ts';
import type { TablePlan } from './table-plan.ts';

export interface Plans {
  readonly byStream: ReadonlyMap<string, TablePlan>;
  readonly findings: readonly Finding[];
  readonly left: readonly TableLeft[];
}

/** How long the source's catalogue is believed. */
const BELIEVED_MS = 60_000;

export interface CatalogueParts {
  readonly source: SqlExecutor;
  readonly spec: WarehouseSpec;
  /** What the target can hold, once it is known. */
  readonly limits: () => Promise<TargetLimits>;
}

/** How tables travel, by the catalogue of the source. Read by each process, and again from time to time. */
export class Catalogue {
  readonly #of: CatalogueParts;
  #plans: Promise<Plans> | null = null;
  #latest: Plans | null = null;
  #readAtMs = 0;

  constructor(of: CatalogueParts) {
    this.#of = of;
  }

  /** @throws DroverError FILE_INVALID where the file names what the source lacks. */
  plans(): Promise<Plans> {
    const now = Date.now();
    if (this.#plans === null || now - this.#readAtMs > BELIEVED_MS) {
      this.#readAtMs = now;
      const plans = this.#read();
      this.#plans = plans;
      plans.catch(() => {
        if (this.#plans === plans) this.#plans = null;
      });
    }
    return this.#plans;
  }

  /** The plan of a table as this process saw it last, where it did. */
  known(stream: string): TablePlan | undefined {
    return this.#latest?.byStream.get(stream);
  }

  /**
   * The plan of a table, which is still what it was when the run began.
   * @throws DroverError UNDEFINED_OBJECT, TABLE_CONFLICT
   */
  async plan(stream: string, fingerprint: string): Promise<TablePlan> {
    const known = (await this.plans()).byStream.get(stream);
    if (known !== undefined && fingerprintOf(known) === fingerprint) return known;
    this.#plans = null;
    const plan = (await this.plans()).byStream.get(stream);
    if (plan === undefined) {
      throw new DroverError('UNDEFINED_OBJECT', {
        message: `source: the table ${stream} is not there any more, or cannot be moved as it is now.`,
        hint: 'See `drover check`; a run that begins now knows the tables as they are now.',
      });
    }
    if (fingerprintOf(plan) === fingerprint) return plan;
    throw new DroverError('TABLE_CONFLICT', {
      message: `source: the columns or the key of ${stream} have changed since the run began.`,
      hint: 'Cancel the run, bring the target table to the new form (`drover check` names the statements), and start another.',
    });
  }

  async #read(): Promise<Plans> {
    const { source, spec, limits } = this.#of;
    const { tables, left } = await readTables(source, spec);
    const { plans, findings } = planAll(tables, spec, await limits());
    const byStream = new Map(plans.map((plan) => [plan.stream, plan]));
    this.#latest = { byStream, findings, left };
    return this.#latest;
  }
}

/** The same for plans that send the same columns in the same way, whatever the size of the table. */
export function fingerprintOf({ source, ...plan }: TablePlan): string {
  const text = JSON.stringify([plan, source.oid, source.kind, source.key]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
