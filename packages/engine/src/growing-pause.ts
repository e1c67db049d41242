/**
 * A pause that doubles each time up to the longest, spread between half and the whole of its length, so that
 * those who fail together do not come back together.
 * @param of.times how often there was a pause before. @param of.random in [0, 1).
 * @returns milliseconds.
 */
export function growingPause(of: {
  times: number;
  firstPauseMs: number;
  longestPauseMs: number;
  random: number;
}): number {
  return spread(Math.min(of.longestPauseMs, of.firstPauseMs * 2 ** of.times), of.random);
}

export function spread(pauseMs: number, random: number): number {
  return Math.round(pauseMs * (0.5 + random / 2));
}
