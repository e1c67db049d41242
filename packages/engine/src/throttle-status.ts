import {
  heldBy,
  LIMIT_NAMES,
  type LimitName,
  type LoadRecord,
  limitsInForce,
  type Throttle,
} from '@drover/core';

export interface ThrottleStatus {
  /** The limits in force. */
  readonly limits: Throttle;
  /** Limits of the file that were lifted. */
  readonly lifted: readonly LimitName[];
  /** Why work is held; null where it is not. */
  readonly held: string | null;
}

/** @param file the limits of the migration file. */
export function throttleStatus(load: LoadRecord, file: Throttle): ThrottleStatus {
  const limits = limitsInForce(file, load.settings);
  return {
    limits,
    lifted: LIMIT_NAMES.filter((name) => file[name] !== undefined && limits[name] === undefined),
    held: heldBy(limits, load),
  };
}
