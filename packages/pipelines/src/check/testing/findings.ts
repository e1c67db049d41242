import type { Finding } from '@drover/core';

/** All that a check says, each of it whole: a reason always, a fix unless there is nothing to mend. */
export async function collect(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(concrete(finding));
  return all;
}

function concrete(finding: Finding): Finding {
  const { level, subject, reason, fix } = finding;
  // A value of the source may be NaN; a number that Drover worked out may not.
  const said = `${subject}: ${reason} ${fix}`.replaceAll(/is NaN|'NaN'/g, '');
  const whole = subject !== '' && reason !== '' && (level === 'info' || fix !== '');
  if (!whole || /\bROLE\b|undefined|\[object|NaN|now absent/.test(said)) {
    throw new Error(`a finding leaves the reader alone: ${JSON.stringify(finding)}`);
  }
  return finding;
}

/** The findings of a rule, as `level subject`. */
export function levelsOf(findings: readonly Finding[], rule: string): string[] {
  return findings.flatMap((one) => (one.rule === rule ? [`${one.level} ${one.subject}`] : []));
}

/** Rules of what is worse than an info. */
export function telling(findings: readonly Finding[]): string[] {
  return findings.flatMap((one) => (one.level === 'info' ? [] : [one.rule]));
}

/** The statements that a fix holds, from its first SQL word on. */
export function statementsOf(findings: readonly Finding[], rule: string): string[] {
  return findings.flatMap((one) => {
    if (one.rule !== rule) return [];
    const found = one.fix.match(/\b(?:create|alter|grant|analyze)\b[^;]*;/gi);
    return found ?? [];
  });
}
