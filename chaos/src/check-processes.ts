import { until } from '@drover/testkit';
import type { DroverProcess } from './drover-process.ts';
import type { Field, Post } from './field.ts';

/** Servers notice the end of a client within their own check of 5 s, or at their next write. */
const SESSIONS_END_MS = 15_000;

/** The report's code where rejects remain; that of a watcher that saw the run end. */
const REJECTS_REMAIN = 4;

/** How a watcher ends that saw the run fail, or could not begin. Both say what to do: `drover resume`. */
export const WATCHER_FAILED = 1;

/** How each process ended: as it was asked to, or at the end of the run. */
export function checkEnds(processes: readonly DroverProcess[]): string[] {
  return processes.flatMap((one) => {
    const { name, endedBy, code } = one;
    const wanted = wantedCodes(one);
    if (code !== null && wanted.includes(code)) return [];
    const why = endedBy === null ? 'by itself' : `by ${endedBy}`;
    return [code === null ? `${name} did not end ${why}` : `${name} ended ${why} with ${code}`];
  });
}

function wantedCodes({ name, endedBy }: DroverProcess): readonly (number | string)[] {
  if (endedBy === 'SIGKILL') return ['SIGKILL'];
  if (name.startsWith('watcher-')) return [REJECTS_REMAIN, WATCHER_FAILED];
  return name.startsWith('worker-') ? (endedBy === null ? [] : [0]) : [REJECTS_REMAIN];
}

/** No session of Drover's outlives its processes. */
export async function checkSessions(field: Field): Promise<string[]> {
  const left = await Promise.all([sessionsLeft(field.source), sessionsLeft(field.target)]);
  return left.flatMap((names, index) =>
    names.length === 0
      ? []
      : [`sessions are left on the ${index === 0 ? 'source' : 'target'}: ${names.join(', ')}`],
  );
}

async function sessionsLeft({ admin }: Post): Promise<readonly string[]> {
  let names: string[] = [];
  const look = async () => {
    const rows = await admin.query(
      `select application_name as name from pg_stat_activity where starts_with(application_name, 'drover')`,
    );
    names = rows.map((row) => row['name'] ?? '');
    return names.length === 0;
  };
  await until('no session is left', look, SESSIONS_END_MS).catch(() => {});
  return names;
}
