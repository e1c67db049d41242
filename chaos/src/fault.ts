import type { Crew } from './crew.ts';
import type { Field } from './field.ts';
import type { Ground } from './ground.ts';
import type { OpenAttempt, Progress } from './ledger-view.ts';
import type { Pace } from './pace.ts';
import type { Random } from './random.ts';

/** What a fault has before it. */
export interface Scene {
  readonly field: Field;
  readonly ground: Ground;
  /** Of the round's databases, and of its migration. */
  readonly name: string;
  readonly crew: Crew;
  readonly pace: Pace;
  readonly random: Random;
  /** The run as it is now. */
  readonly progress: () => Promise<Progress>;
}

/** What became of a fault. */
export interface Outcome {
  /** It was seen to be so: a process ended by the signal, keys were there to be flushed, ... */
  readonly happened: boolean;
  /** It struck attempts that had not ended. */
  readonly hit: boolean;
  readonly note: string;
}

export interface Fault {
  readonly name: string;
  /** Others may be made while it lasts. */
  readonly lasting?: true;
  /** Why it cannot be made here at all; null where it can. */
  readonly impossible?: (field: Field) => string | null;
  /** Whether now, with attempts in hand, is a time for it; by default any such time is. */
  readonly suits?: (progress: Progress) => boolean;
  inject(scene: Scene): Promise<Outcome>;
}

export const NOBODY_THERE: Outcome = { happened: false, hit: false, note: 'nobody was there' };

/** Open attempts whose workers live and are awake. */
export async function attemptsInHand({ crew, progress }: Scene): Promise<readonly OpenAttempt[]> {
  const awake = new Set(crew.workers.map((worker) => worker.pid));
  const { attempts } = await progress();
  return attempts.filter((attempt) => awake.has(attempt.pid));
}

export const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;
