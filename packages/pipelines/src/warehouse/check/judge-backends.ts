import type { Finding } from '@drover/core';
import type { TargetRow } from '../target-sql.ts';

/** Copies that Doris makes of a tablet by default. */
const DEFAULT_REPLICAS = 3;

/**
 * What the list of backends means for the tables that are made.
 * @param rows of SHOW BACKENDS.
 * @param of.replicas of the file; null for the default.
 * @param of.keyed some table has a key, and becomes one that is made unique when it is written.
 */
export function judgeBackends(
  rows: readonly TargetRow[],
  of: {
    readonly replicas: number | null;
    readonly commit: 'two-phase' | 'single';
    readonly keyed: boolean;
  },
): Finding[] {
  const alive = rows.filter(isAlive);
  return [
    ...rows.filter((row) => !isAlive(row)).map(dead),
    ...replicas(alive.length, of.replicas),
    ...(of.commit === 'two-phase' && of.keyed && rows.some(isCloud) ? [cloud()] : []),
  ];
}

const isAlive = (row: TargetRow): boolean => (row['Alive'] ?? '').toLowerCase() === 'true';

/** Where storage is apart, a backend's tags name the group of computing that it belongs to. */
const isCloud = (row: TargetRow): boolean =>
  /"(cloud_unique_id|cloud_cluster_name|compute_group_name)"/.test(row['Tag'] ?? '');

function dead(row: TargetRow): Finding {
  const place = `${row['Host']}:${row['HttpPort']}`;
  const said = row['ErrMsg'] ?? '';
  return {
    level: 'warning',
    rule: 'backend-dead',
    subject: `target backend ${place}`,
    reason: `the frontend holds it for dead${said === '' ? '' : `: ${said.slice(0, 200)}`}`,
    fix: 'Start it again, or take it out of the cluster; tables whose copies it had may refuse loads.',
  };
}

function replicas(alive: number, wanted: number | null): Finding[] {
  const common = { rule: 'replicas', subject: 'target' } as const;
  if (alive === 0) {
    return [
      {
        ...common,
        level: 'error',
        reason: 'no backend is alive: no table can be made, and nothing loaded',
        fix: 'Start the backends; SHOW BACKENDS; names them.',
      },
    ];
  }
  if (wanted !== null && wanted > alive) {
    return [
      {
        ...common,
        level: 'error',
        reason: `target.replicas is ${wanted}, and ${alive} ${alive === 1 ? 'backend is' : 'backends are'} alive: Doris refuses to make such a table`,
        fix: `Set target.replicas to ${alive}, or start more backends.`,
      },
    ];
  }
  const copies = wanted ?? Math.min(DEFAULT_REPLICAS, alive);
  return [
    {
      ...common,
      level: 'info',
      reason: `${alive} ${alive === 1 ? 'backend is' : 'backends are'} alive; tables that Drover makes have ${copies} ${copies === 1 ? 'copy' : 'copies'}`,
      fix: '',
    },
  ];
}

function cloud(): Finding {
  return {
    level: 'error',
    rule: 'commit-two-phase',
    subject: 'load.commit',
    reason:
      'storage is apart from computing in this cluster, which takes no two-phase commit into tables with a unique key',
    fix: 'Set load.commit to single.',
  };
}
