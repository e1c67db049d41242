import { describe, expect, test } from 'vitest';
import {
  CHUNK_EVENT_MEANING,
  CHUNK_EVENTS,
  CHUNK_STATE_MEANING,
  CHUNK_STATES,
  CHUNK_TRANSITIONS,
  type ChunkEvent,
  type ChunkState,
  stateAfter,
  statesAllowing,
  UNFINISHED_CHUNK_STATES,
} from './chunk-state.ts';

/** The life of a chunk, written down a second time: every arrow, and none beside these. */
const ARROWS: readonly (readonly [ChunkState, ChunkEvent, ChunkState])[] = [
  ['planned', 'feed', 'queued'],
  ['planned', 'cancel', 'cancelled'],
  ['queued', 'redeliver', 'queued'],
  ['queued', 'claim', 'running'],
  ['queued', 'cancel', 'cancelled'],
  ['running', 'redeliver', 'queued'],
  ['running', 'claim', 'running'],
  ['running', 'settle', 'done'],
  ['running', 'retry', 'planned'],
  ['running', 'handBack', 'planned'],
  ['running', 'split', 'split'],
  ['running', 'park', 'parked'],
  ['running', 'cancel', 'cancelled'],
  ['done', 'regenerate', 'planned'],
  ['parked', 'split', 'split'],
  ['parked', 'unpark', 'planned'],
  ['parked', 'cancel', 'cancelled'],
];

const PAIRS = CHUNK_STATES.flatMap((state) => CHUNK_EVENTS.map((event) => ({ state, event })));

function reachableFrom(start: ChunkState, without: readonly ChunkEvent[] = []): Set<ChunkState> {
  const reached = new Set([start]);
  for (const state of reached) {
    for (const event of CHUNK_EVENTS) {
      const next = CHUNK_TRANSITIONS[state][event];
      if (next !== null && !without.includes(event)) reached.add(next);
    }
  }
  return reached;
}

describe('the chunk table', () => {
  // Mutation: `done: { ..., cancel: 'cancelled' }` in chunk-state.ts fails "done by cancel".
  test.each(PAIRS)('decides $state by $event as it is documented', ({ state, event }) => {
    const arrow = ARROWS.find(([from, by]) => from === state && by === event);
    expect(CHUNK_TRANSITIONS[state][event]).toBe(arrow?.[2] ?? null);
  });

  test('has every state and event once, each with its meaning', () => {
    expect(new Set(CHUNK_STATES).size).toBe(CHUNK_STATES.length);
    expect(new Set(CHUNK_EVENTS).size).toBe(CHUNK_EVENTS.length);
    expect(Object.keys(CHUNK_TRANSITIONS)).toEqual([...CHUNK_STATES]);
    expect(Object.keys(CHUNK_STATE_MEANING)).toEqual([...CHUNK_STATES]);
    expect(Object.keys(CHUNK_EVENT_MEANING)).toEqual([...CHUNK_EVENTS]);
    const texts = [...Object.values(CHUNK_STATE_MEANING), ...Object.values(CHUNK_EVENT_MEANING)];
    expect(texts.filter((text) => text.trim() === '')).toEqual([]);
  });

  test('reaches every state from planned', () => {
    expect([...reachableFrom('planned')].sort()).toEqual([...CHUNK_STATES].sort());
  });

  test.each(['split', 'cancelled'] as const)('lets nothing leave %s', (state) => {
    expect([...reachableFrom(state)]).toEqual([state]);
  });

  test('lets a done chunk leave only as its next generation', () => {
    expect([...reachableFrom('done', ['regenerate'])]).toEqual(['done']);
  });

  test('leads every chunk with work to come to its end', () => {
    for (const state of UNFINISHED_CHUNK_STATES) {
      expect([...reachableFrom(state)]).toEqual(expect.arrayContaining(['done', 'cancelled']));
    }
    expect(reachableFrom('parked')).toContain('done');
  });

  test('takes as unfinished what only a worker or the feeder moves on', () => {
    expect([...UNFINISHED_CHUNK_STATES]).toEqual(['planned', 'queued', 'running']);
  });
});

describe('an event', () => {
  // Mutation: `handBack: 'queued'` in chunk-state.ts is allowed by type and fails the pair above;
  // `queued: { ..., park: 'planned' }` fails this one, since stateAfter would depend on the order.
  test.each(CHUNK_EVENTS)('%s leads to one state, whatever it starts from', (event) => {
    const targets = CHUNK_STATES.flatMap((state) => CHUNK_TRANSITIONS[state][event] ?? []);
    expect([...new Set(targets)]).toEqual([stateAfter(event)]);
  });

  test.each(CHUNK_EVENTS)('%s is allowed by the states of the table, in its order', (event) => {
    const froms = CHUNK_STATES.filter((state) =>
      ARROWS.some(([from, by]) => from === state && by === event),
    );
    expect(statesAllowing(event)).toEqual(froms);
    expect(froms).not.toEqual([]);
  });
});
