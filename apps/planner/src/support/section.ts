import type { SupportContext } from './support-context.ts';

/** A part of the support file. What filling it throws is written in its place. */
export interface Section {
  readonly title: string;
  /** What a reader finds in it, for the list of sections. */
  readonly holds: string;
  fill(context: SupportContext): Promise<Filling> | Filling;
}

export interface Filling {
  /** The gist in a few words, for the list of contents. */
  readonly summary: string;
  readonly text: string;
}
