import { describe, expect, test } from 'vitest';
import {
  PHASES,
  RUN_EVENT_MEANING,
  RUN_EVENTS,
  RUN_STATE_MEANING,
  RUN_STATES,
  RUN_TRANSITIONS,
  type RunEvent,
  type RunState,
  runStatesAllowing,
  UNFINISHED_RUN_STATES,
} from './run-state.ts';

/** The life of a run, written down a second time: every arrow, and none beside these. */
const ARROWS: readonly (readonly [RunState, RunEvent, RunState])[] = [
  ['running', 'pause', 'paused'],
  ['running', 'abort', 'failed'],
  ['running', 'cancel', 'cancelled'],
  ['running', 'finish', 'done'],
  ['paused', 'resume', 'running'],
  ['paused', 'abort', 'failed'],
  ['paused', 'cancel', 'cancelled'],
  ['failed', 'resume', 'running'],
  ['failed', 'cancel', 'cancelled'],
  ['done', 'reopen', 'running'],
];

const PAIRS = RUN_STATES.flatMap((state) => RUN_EVENTS.map((event) => ({ state, event })));

function reachableFrom(start: RunState): RunState[] {
  const reached = new Set([start]);
  for (const state of reached) {
    for (const next of Object.values(RUN_TRANSITIONS[state])) if (next !== null) reached.add(next);
  }
  return [...reached];
}

describe('the run table', () => {
  // Mutation: `paused: { ..., finish: 'done' }` in run-state.ts fails "paused by finish".
  test.each(PAIRS)('decides $state by $event as it is documented', ({ state, event }) => {
    const arrow = ARROWS.find(([from, by]) => from === state && by === event);
    expect(RUN_TRANSITIONS[state][event]).toBe(arrow?.[2] ?? null);
  });

  test('has every state and event once, each with its meaning', () => {
    expect(new Set(RUN_STATES).size).toBe(RUN_STATES.length);
    expect(new Set(RUN_EVENTS).size).toBe(RUN_EVENTS.length);
    expect(Object.keys(RUN_TRANSITIONS)).toEqual([...RUN_STATES]);
    expect(Object.keys(RUN_STATE_MEANING)).toEqual([...RUN_STATES]);
    expect(Object.keys(RUN_EVENT_MEANING)).toEqual([...RUN_EVENTS]);
    const texts = [...Object.values(RUN_STATE_MEANING), ...Object.values(RUN_EVENT_MEANING)];
    expect(texts.filter((text) => text.trim() === '')).toEqual([]);
  });

  test('reaches every state from running', () => {
    expect(reachableFrom('running').sort()).toEqual([...RUN_STATES].sort());
  });

  test('lets nothing leave cancelled, and leaves done only where it is reopened', () => {
    expect(reachableFrom('cancelled')).toEqual(['cancelled']);
    const { reopen, ...others } = RUN_TRANSITIONS.done;
    expect(Object.values(others)).toEqual(Object.values(others).map(() => null));
    expect(reopen).toBe('running');
  });

  // Mutation: UNFINISHED_RUN_STATES without 'failed' would let a second run begin beside a failed one.
  test('takes as unfinished exactly the states from which a run can still end well', () => {
    const open = RUN_STATES.filter((state) => reachableFrom(state).includes('done'));
    expect([...UNFINISHED_RUN_STATES]).toEqual(open.filter((state) => state !== 'done'));
  });
});

test('runStatesAllowing names the states of an event, in table order', () => {
  expect(runStatesAllowing('pause')).toEqual(['running']);
  expect(runStatesAllowing('resume')).toEqual(['paused', 'failed']);
  expect(runStatesAllowing('abort')).toEqual(['running', 'paused']);
  expect(runStatesAllowing('cancel')).toEqual(['running', 'paused', 'failed']);
  expect(runStatesAllowing('finish')).toEqual(['running']);
  expect(runStatesAllowing('reopen')).toEqual(['done']);
});

test('the phases are in the order in which a run goes through them', () => {
  expect([...PHASES]).toEqual(['prepare', 'data', 'finish', 'verify']);
});
