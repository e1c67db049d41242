import type { TargetLimits } from './plan-table.ts';
import type { TargetSql } from './target-sql.ts';
import { serverVersion } from './target-tables.ts';

const MEGABYTE = 1024 * 1024;

/** Those of the older servers, which hold wherever the server's version is not known. */
export const STRICTER_LIMITS: TargetLimits = { stringBytes: MEGABYTE };

/** Default of `string_type_length_soft_limit_bytes`: larger since 4.0. */
export async function targetLimits(target: TargetSql): Promise<TargetLimits> {
  const version = await serverVersion(target);
  return version !== null && version.major >= 4 ? { stringBytes: 10 * MEGABYTE } : STRICTER_LIMITS;
}
