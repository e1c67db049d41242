import type { Milestone } from '@drover/core';

/** Stops an attempt at one milestone until the test lets it go on. */
export interface Barrier {
  reached(milestone: Milestone): Promise<void>;
  /** Resolves when the attempt has arrived. */
  readonly arrived: Promise<void>;
  release(): void;
}

export function barrierAt(milestone: Milestone): Barrier {
  const arrival = signal();
  const departure = signal();
  return {
    async reached(at) {
      if (at !== milestone) return;
      arrival.give();
      await departure.given;
    },
    arrived: arrival.given,
    release: departure.give,
  };
}

/** A promise that somebody else gives. */
export interface Signal {
  readonly given: Promise<void>;
  readonly give: () => void;
}

export function signal(): Signal {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
