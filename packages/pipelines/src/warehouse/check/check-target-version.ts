import type { Finding } from '@drover/core';
import type { TargetSql } from '../target-sql.ts';
import { serverVersion } from '../target-tables.ts';

type Version = Awaited<ReturnType<typeof serverVersion>>;

/** Which Doris it is, as far as the server says. */
export async function* checkTargetVersion(target: TargetSql): AsyncGenerator<Finding> {
  yield judgeVersion(await serverVersion(target));
}

/** Drover is built to what is documented of 3.0 to 4.1. */
export function judgeVersion(version: Version): Finding {
  const common = { rule: 'target-version', subject: 'target' } as const;
  const fix = 'Move a small table first, and look at what `drover verify` says.';
  if (version === null) {
    return {
      ...common,
      level: 'warning',
      reason: 'the server does not say that it is an Apache Doris, nor of which version',
      fix,
    };
  }
  const number = version.major * 100 + version.minor;
  const name = `Apache Doris ${version.major}.${version.minor}`;
  if (number >= 300 && number <= 401) return { ...common, level: 'info', reason: name, fix: '' };
  return {
    ...common,
    level: 'warning',
    reason: `${name}; Drover knows the ways of 3.0 to 4.1`,
    fix,
  };
}
