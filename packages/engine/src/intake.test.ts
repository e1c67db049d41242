import { describe, expect, test } from 'vitest';
import { Intake } from './intake.ts';

function recordedIntake() {
  const told: string[] = [];
  const intake = new Intake({
    hold: () => void told.push('hold'),
    proceed: () => void told.push('proceed'),
  });
  return { intake, told };
}

describe('what a worker takes in', () => {
  // Mutation: without the look at how many objections are left, the first one to fall lets the consumer proceed.
  test('is held while anything speaks against it, and goes on when nothing does', () => {
    const { intake, told } = recordedIntake();
    expect(intake.set('outage', true)).toBe(true);
    expect(intake.set('throttle', true)).toBe(true);
    expect(told).toEqual(['hold']);
    intake.set('outage', false);
    expect(told).toEqual(['hold']);
    intake.set('throttle', false);
    expect(told).toEqual(['hold', 'proceed']);
  });

  // Mutation: without the first line of `set`, a consumer that somebody else holds is told to proceed.
  test('tells the consumer nothing that is no news', () => {
    const { intake, told } = recordedIntake();
    expect(intake.set('throttle', false)).toBe(false);
    expect(told).toEqual([]);
    intake.set('throttle', true);
    expect(intake.set('throttle', true)).toBe(false);
    expect(told).toEqual(['hold']);
  });
});
