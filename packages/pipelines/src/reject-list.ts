import { DroverError, type JsonObject, type Reject } from '@drover/core';

interface RejectRules {
  readonly max: number;
  readonly keepRows: boolean;
  /** Columns and channels whose values are not kept. */
  readonly redact: readonly string[];
}

const REDACTED = '(redacted)';

/** Collects the rejects of one attempt, and refuses to collect more than the file allows. */
export class RejectList {
  readonly #rejects: Reject[] = [];
  readonly #rules: RejectRules;
  #rows = 0;

  constructor(rules: RejectRules) {
    this.#rules = rules;
  }

  get all(): readonly Reject[] {
    return this.#rejects;
  }

  get rows(): number {
    return this.#rows;
  }

  /** @throws DroverError TOO_MANY_REJECTS */
  add(reject: Reject): void {
    const { max, keepRows } = this.#rules;
    if (this.#rejects.length >= max) {
      throw new DroverError('TOO_MANY_REJECTS', {
        message: `More than ${max} rejects in one chunk; the last by rule ${reject.rule}.`,
      });
    }
    this.#rejects.push({ ...reject, row: keepRows ? this.#redacted(reject.row) : null });
    this.#rows += reject.rows;
  }

  #redacted(row: JsonObject | null): JsonObject | null {
    const { redact } = this.#rules;
    if (row === null || redact.length === 0) return row;
    return Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        value !== null && redact.includes(name) ? REDACTED : value,
      ]),
    );
  }
}
