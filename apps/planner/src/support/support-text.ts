import type { DroverError } from '@drover/core';
import type { Outcome } from './outcome.ts';
import type { Filling } from './section.ts';

export interface FilledSection {
  readonly title: string;
  readonly outcome: Outcome<Filling>;
}

const RULE = '='.repeat(78);

/** The file as a person reads it: what it is, what is in it, and then one section after the other. */
export function supportText(
  name: string,
  madeAt: Date,
  sections: readonly FilledSection[],
): string {
  const width = Math.max(...sections.map(({ title }) => title.length));
  const contents = sections.map(
    ({ title, outcome }, index) =>
      `${String(index + 1).padStart(2)}. ${title.padEnd(width)}  ${gist(outcome)}`,
  );
  return [
    `Drover support file of migration ${name}, made at ${madeAt.toISOString()}`,
    'Passwords and values of the environment were taken out.',
    '',
    ...contents,
    ...sections.flatMap(({ title, outcome }, index) => [
      '',
      RULE,
      `${index + 1}. ${title}`,
      RULE,
      '',
      'value' in outcome ? outcome.value.text : failureText(outcome.error, index, sections),
    ]),
    '',
  ].join('\n');
}

function gist(outcome: Outcome<Filling>): string {
  return 'value' in outcome ? outcome.value.summary : `could not be filled: ${outcome.error.code}`;
}

/** Why there is nothing here. What stands in an earlier section is not said again. */
function failureText(
  error: DroverError,
  index: number,
  sections: readonly FilledSection[],
): string {
  const earlier = sections
    .slice(0, index)
    .findIndex(({ outcome }) => 'error' in outcome && outcome.error.message === error.message);
  if (earlier !== -1) return `Could not be filled, for the reason given in section ${earlier + 1}.`;
  return [
    `Could not be filled: ${error.code}`,
    error.message,
    ...(error.hint === '' ? [] : [`What to do: ${error.hint}`]),
    ...framesOf(error),
  ].join('\n');
}

/** Where an error nobody foresaw came from. Not what it says: that may quote data. */
function framesOf({ code, cause }: DroverError): readonly string[] {
  if (code !== 'UNKNOWN' || !(cause instanceof Error)) return [];
  return (cause.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
}
