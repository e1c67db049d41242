import type { TablePlan } from '../table-plan.ts';
import { type DrillLimits, differingRows } from './drill.ts';
import { type ExtraKey, keysNotInSource } from './key-lookup.ts';
import { placeOf, type Scope } from './scope.ts';
import { openSides, type VerifyAttempt, type VerifyParts } from './sides.ts';
import { keysOnly } from './subject.ts';

/** So many keys are looked up at a time, and handed on as soon as they were. */
const KEYS_PER_LOOKUP = 1_000;

/** Keys alone are short, and digests of them few numbers: more at a time means fewer passes. */
const LIMITS: DrillLimits = { rangeRows: 10_000, bucketRows: 200_000, digits: 4, passes: 0 };

/**
 * Keys that the target has and the source lacks, in batches. Each batch was looked up in the source right before
 * it is yielded: when it was, the source had none of these keys. The target is read first, so that what is
 * loaded meanwhile is not taken for extra. For tables with a key. Run it to its end or return it: it holds a
 * connection.
 */
export async function* extraKeys(
  parts: VerifyParts,
  plan: TablePlan,
  scope: Scope,
  attempt: VerifyAttempt,
): AsyncGenerator<readonly ExtraKey[]> {
  const subject = keysOnly(plan);
  if (subject.keyLength === 0) throw new TypeError(`${plan.stream} has no key`);
  await using sides = await openSides(parts, attempt);
  const drill = { sides, subject, limits: LIMITS, async told() {}, enough: () => false };
  for await (const { rows } of differingRows(drill, placeOf(scope))) {
    const extra = rows.flatMap(({ kind, key }) => {
      const texts = key.filter((text) => text !== null);
      // No row of the source has a NULL in its key: verification reports such rows, nobody deletes them.
      return kind === 'extra' && texts.length === key.length ? [texts] : [];
    });
    for (let at = 0; at < extra.length; at += KEYS_PER_LOOKUP) {
      const batch = extra.slice(at, at + KEYS_PER_LOOKUP);
      const absent = await keysNotInSource(sides.source, subject, batch);
      if (absent.length > 0) yield absent;
    }
  }
}
