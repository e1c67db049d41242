import type { Finding } from '@drover/core';
import { identifier } from '@drover/postgres';
import { columnNameFault, tableNameFault } from './names.ts';
import { relationOf } from './source-table.ts';
import type { WarehouseSpec } from './spec.ts';
import type { TablePlan } from './table-plan.ts';

/**
 * Whether there can be such a table.
 * @param wished the names before characters that Doris does not take were replaced.
 */
export function checkTable(
  plan: TablePlan,
  wished: { readonly database: string; readonly table: string },
): Finding[] {
  const subject = plan.stream;
  const findings: Finding[] = [];
  const databaseFault = tableNameFault(plan.database);
  if (databaseFault !== null) {
    findings.push({
      level: 'error',
      rule: 'database-name',
      subject,
      reason: `database name "${plan.database}" ${databaseFault}`,
      fix: 'Change target.database.',
    });
  }
  const tableFault = tableNameFault(plan.table);
  if (tableFault !== null) {
    findings.push({
      level: 'error',
      rule: 'table-name',
      subject,
      reason: `table name "${plan.table}" ${tableFault}`,
      fix: `Set tables[].target for ${plan.stream}.`,
    });
  }
  if (plan.columns.length === 0) {
    findings.push({
      level: 'error',
      rule: 'table-without-columns',
      subject,
      reason: 'no column would be moved, and Doris has no tables without any',
      fix: 'Exclude the table.',
    });
  }
  if (plan.database !== wished.database || plan.table !== wished.table) {
    findings.push({
      level: 'info',
      rule: 'table-renamed',
      subject,
      reason: `is called ${plan.database}.${plan.table}: a name in Doris is a letter followed by letters, digits, _ and -`,
      fix: '',
    });
  }
  return findings;
}

/** Whether rows can be told apart by what is moved. */
export function checkKey({ source, stream, columns, key }: TablePlan): Finding[] {
  const { key: wanted } = source;
  if (wanted === null) return [];
  const leftOut = wanted.columns.filter(
    (name) => !key.some((column) => column.source.name === name),
  );
  const findings = leftOut.map(
    (name): Finding => ({
      level: 'error',
      rule: 'key-left-out',
      subject: `${stream}.${name}`,
      reason: 'the column is part of the key, by which rows are told apart',
      fix: `Take leaveOut from tables[].columns.${name}, or name another key in tables[].key.`,
    }),
  );
  if (wanted.origin !== 'file' || columns.length === 0) return findings;
  const names = wanted.columns.map(identifier).join(', ');
  return [
    ...findings,
    {
      level: 'warning',
      rule: 'key-unproven',
      subject: stream,
      reason: `no index vouches that (${names}) is unique: rows with the same key would become one`,
      fix: `Look for such rows: select ${names}, count(*) from ${relationOf(source)} group by ${names} having count(*) > 1;`,
    },
  ];
}

/** @param names by names in the source; those that the file gives are in `given`. */
export function checkColumnNames(
  stream: string,
  names: ReadonlyMap<string, string>,
  given: ReadonlyMap<string, string>,
): Finding[] {
  const owners = new Map<string, string>();
  return [...names].flatMap(([source, name]): Finding[] => {
    const subject = `${stream}.${source}`;
    const fix = `Change tables[].columns.${source}.name.`;
    const owner = owners.get(name.toLowerCase());
    owners.set(name.toLowerCase(), source);
    if (owner !== undefined) {
      const reason = `name "${name}" is that of column "${owner}" too, as capitals do not count`;
      return [{ level: 'error', rule: 'column-name-twice', subject, reason, fix }];
    }
    const fault = columnNameFault(name);
    if (fault !== null) {
      return [
        { level: 'error', rule: 'column-name', subject, reason: `name "${name}" ${fault}`, fix },
      ];
    }
    if (given.has(source) || name === source) return [];
    const why = columnNameFault(source) ?? 'differs from that of another column by capitals only';
    const reason = `is called "${name}" in the target, as its name ${why}`;
    return [{ level: 'info', rule: 'column-renamed', subject, reason, fix: '' }];
  });
}

/** Tables that would become one, or that a server which ignores capitals takes for one, by plan. */
export function checkCollisions(
  plans: readonly TablePlan[],
  patterns: Pick<WarehouseSpec['target'], 'database' | 'table'>,
): ReadonlyMap<TablePlan, readonly Finding[]> {
  const groups = new Map<string, TablePlan[]>();
  for (const plan of plans) {
    const place = placeOf(plan).toLowerCase();
    const group = groups.get(place);
    if (group === undefined) groups.set(place, [plan]);
    else group.push(plan);
  }
  return new Map(
    [...groups.values()]
      .filter((group) => group.length > 1)
      .flatMap((group) => group.map((plan) => [plan, [collision(plan, group, patterns)]])),
  );
}

function collision(
  plan: TablePlan,
  group: readonly TablePlan[],
  patterns: Pick<WarehouseSpec['target'], 'database' | 'table'>,
): Finding {
  const others = group.filter((other) => other !== plan);
  const same = others.filter((other) => placeOf(other) === placeOf(plan));
  const names = (list: readonly TablePlan[]) => list.map(({ stream }) => stream).join(', ');
  const fix = `Part them by {schema} in target.database, now ${patterns.database}, or in target.table, now ${patterns.table}, or set tables[].target for ${plan.stream}.`;
  return same.length > 0
    ? {
        level: 'error',
        rule: 'table-name-twice',
        subject: plan.stream,
        reason: `its table would be ${placeOf(plan)}, which is also that of ${names(same)}`,
        fix,
      }
    : {
        level: 'warning',
        rule: 'table-name-capitals',
        subject: plan.stream,
        reason: `its table ${placeOf(plan)} differs from that of ${names(others)} by capitals only, which some servers ignore (lower_case_table_names)`,
        fix,
      };
}

const placeOf = ({ database, table }: TablePlan): string => `${database}.${table}`;
