import { textWithoutSecrets } from '@drover/telemetry';
import { knownSecrets } from './known-secrets.ts';
import { attempt, type Outcome } from './outcome.ts';
import type { Section } from './section.ts';
import { openSupportContext, type SupportOptions } from './support-context.ts';
import { type FilledSection, supportText } from './support-text.ts';

/** What there is to send, without secrets. */
export interface Support {
  /** Of the migration, as far as it is known. */
  readonly name: string;
  readonly madeAt: Date;
  readonly text: string;
  readonly sections: readonly SectionResult[];
  /** A server was silent: a connection to it may still be open, and would keep the process from ending. */
  readonly late: boolean;
}

interface SectionResult {
  readonly title: string;
  readonly summary: string | null;
  /** Why it could not be filled; null where it was. */
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null;
}

/**
 * Fills the sections, all at once, and takes the secrets out of the whole. Never throws for what cannot be
 * had: a section says so itself.
 * @param limitMs how long each store and each section may take.
 */
export async function collectSupport(
  sections: readonly Section[],
  options: SupportOptions,
  limitMs: number,
): Promise<Support> {
  const context = await openSupportContext(options, limitMs);
  const filled = await Promise.all(
    sections.map(async (section) => ({
      title: section.title,
      outcome: await attempt(limitMs, () => section.fill(context)),
    })),
  );
  const closed = await attempt(limitMs, () => context.close());
  const raw = supportText(context.name, context.madeAt, filled);
  const fileText = await attempt(limitMs, () => context.fileText());
  const secrets = knownSecrets({
    file: options.file,
    fileText: 'value' in fileText ? fileText.value : '',
    text: raw,
  });
  const clean = (text: string) => textWithoutSecrets(text, secrets);
  return {
    // A name that came from the environment is not for the name of a file.
    name: clean(context.name) === context.name ? context.name : 'migration',
    madeAt: context.madeAt,
    text: clean(raw),
    sections: filled.map((section) => resultOf(section, clean)),
    late: context.late || [closed, ...filled.map(({ outcome }) => outcome)].some(isLate),
  };
}

function isLate(outcome: Outcome<unknown>): boolean {
  return 'late' in outcome && outcome.late;
}

function resultOf(
  { title, outcome }: FilledSection,
  clean: (text: string) => string,
): SectionResult {
  if ('value' in outcome) return { title, summary: clean(outcome.value.summary), error: null };
  const { code, message, hint } = outcome.error;
  return { title, summary: null, error: { code, message: clean(message), hint: clean(hint) } };
}
