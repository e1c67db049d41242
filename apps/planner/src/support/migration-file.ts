import { dirname } from 'node:path';
import { readVariables, referencesIn } from '@drover/config';
import { bytes, table } from '@drover/telemetry';
import { plural } from '../views/plural.ts';
import type { Section } from './section.ts';
import type { SupportContext } from './support-context.ts';

export const migrationFileSection: Section = {
  title: 'Migration file',
  holds: 'as written, its hash, and which of its variables are set',
  fill(context) {
    const text = context.fileText();
    const { summary, state } = stateOf(context);
    return {
      summary,
      text: [
        `${context.file}, ${bytes(Buffer.byteLength(text))}`,
        state,
        '',
        variablesText(context, text),
        '',
        text.trimEnd(),
      ].join('\n'),
    };
  },
};

/** A file that is refused is shown all the same: what is wrong with it stands above it. */
function stateOf(context: SupportContext): { summary: string; state: string } {
  try {
    const { hash, lists } = context.loaded();
    const names = lists.size === 0 ? '' : `, with the lists ${[...lists.keys()].join(', ')}`;
    return { summary: 'read without complaint', state: `hash ${hash}${names}` };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { summary: 'refused', state: `It is refused:\n${error.message}` };
  }
}

/** Names only. */
function variablesText({ file }: SupportContext, text: string): string {
  const variables = readVariables(dirname(file));
  const rows = referencesIn(text).map((name) => {
    const set = variables.filter((one) => one.name === name);
    return [
      name,
      set.length === 0
        ? 'is not set'
        : set
            .map(({ from, value }) => `set in the ${from}${value === '' ? ', empty' : ''}`)
            .join(' and '),
    ];
  });
  if (rows.length === 0) return 'It refers to no variable of the environment.';
  return `It refers to ${plural(rows.length, 'variable')}:\n${table(['variable', 'where'], rows)}`;
}
