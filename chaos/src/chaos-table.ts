import { count, duration, table } from '@drover/telemetry';
import type { RoundCounts } from './check-round.ts';
import type { Injection } from './injections.ts';
import type { RoundResult } from './round.ts';
import type { ChaosResult } from './run-chaos.ts';

/** What was injected, what came of it, and what all of it led to. */
export function chaosTable(result: ChaosResult): string {
  const injections = result.rounds.flatMap((round) => round.injections);
  const kinds = [...new Set(injections.map((one) => one.fault))].sort();
  const rows = kinds.map((kind) =>
    row(
      kind,
      injections.filter((one) => one.fault === kind),
    ),
  );
  const head = ['fault', 'injected', 'happened', 'hit work in progress'];
  const impossible = result.impossible.map(({ name, why }) => `not possible here: ${name}; ${why}`);
  return [
    table(head, [...rows, row('all', injections)]),
    ...impossible,
    '',
    table(['of all rounds', ''], totals(result)),
  ].join('\n');
}

function row(name: string, injections: readonly Injection[]): string[] {
  const happened = injections.filter((one) => one.happened);
  const hit = happened.filter((one) => one.hit);
  return [name, count(injections.length), count(happened.length), count(hit.length)];
}

function totals({ seed, rounds, elapsedMs }: ChaosResult): string[][] {
  const sum = (pick: (counts: RoundCounts) => number) =>
    count(rounds.reduce((total, round) => total + pick(round.counts), 0));
  const mostBurnt = Math.max(0, ...rounds.map(({ counts }) => counts.mostBurnt));
  const violated = (round: RoundResult) => round.violations.length > 0;
  return [
    ['seed', String(seed)],
    ['rounds', count(rounds.length)],
    ['took', duration(elapsedMs)],
    ['source rows', sum((counts) => counts.rows)],
    ['chunks', sum((counts) => counts.chunks)],
    ['attempts', sum((counts) => counts.attempts)],
    ['superseded', sum((counts) => counts.superseded)],
    ['retried', sum((counts) => counts.retried)],
    ['most attempts burnt by one chunk', count(mostBurnt)],
    ['watchers that ended with 1', sum((counts) => counts.watchersFailed)],
    ['cells compared', sum((counts) => counts.cells)],
    ['differences', sum((counts) => counts.differences)],
    ['rounds with a violation', count(rounds.filter(violated).length)],
  ];
}
