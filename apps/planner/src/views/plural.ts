import { count } from '@drover/telemetry';

/** `1 chunk`, `2 chunks`, `1,037 channels`. */
export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}
