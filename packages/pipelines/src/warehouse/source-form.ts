import type { NumberBounds } from './number-bounds.ts';
import type { TargetType } from './target-type.ts';

/** What the values of a column are, whatever the type of the target. */
export type SourceForm = FormBase &
  (
    | { readonly family: 'boolean' | 'date' }
    /** `bounds`: what the type itself guarantees of a value; null where nothing. `nan`: it has NaN. */
    | { readonly family: 'number'; readonly bounds: NumberBounds | null; readonly nan: boolean }
    | { readonly family: 'float'; readonly double: boolean }
    /** `digits` of the second's fraction. */
    | { readonly family: 'timestamp'; readonly digits: number; readonly stored: Stored }
    /** `cut`: how the text is cut to at most so many bytes; null where a cut text would mean something else. */
    | { readonly family: 'text'; readonly cut: ((bytes: number) => string) | null }
    /** `document`: SQL of type `flavour`. */
    | { readonly family: 'json'; readonly document: string; readonly flavour: 'json' | 'jsonb' }
  );

/** The value as it lies in the table: compared with bounds of its own type it needs no conversion. */
interface Stored {
  readonly column: string;
  readonly zoned: boolean;
}

export interface FormBase {
  /** SQL over the source row `s`: the value in the type that its family compares in; of timestamps, in UTC. */
  readonly value: string;
  /** SQL over `s`: an exact text. */
  readonly text: string;
  /** SQL over `s`: bytes of that text in the source's encoding, without reading a value that lies out of line. */
  readonly bytes: string;
  /** The text is the same bytes in every encoding. */
  readonly ascii: boolean;
  /** Most bytes that the text can have in UTF-8; null without a limit. */
  readonly maxBytes: number | null;
  /** Whether these texts compare as bytes as the source compares the values. */
  readonly textOrder: boolean;
  /** The type in the target unless the file says otherwise; for a key one that may be a key. */
  readonly target: TargetType;
}

/** A value that lies in the row itself and prints a short text. */
export function shortForm(
  value: string,
  of: { text: string; bytes: number; textOrder: boolean; ascii?: boolean },
): Omit<FormBase, 'target'> {
  return {
    value,
    text: of.text,
    bytes: `octet_length(${of.text})`,
    ascii: of.ascii ?? true,
    maxBytes: of.bytes,
    textOrder: of.textOrder,
  };
}
