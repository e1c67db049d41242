import type { CsvFormat, CsvLine } from './csv-lines.ts';

const NULL = Buffer.from('\\N');
const BYTE_ORDER_MARK = Buffer.from('\u{FEFF}');
const DOUBLE_QUOTE = 0x22;

/** The fields of a line as Doris reads them (§5 rules 1, 2, 4 and 5); null is NULL. */
export function fieldsOf(line: CsvLine, format: CsvFormat): (Buffer | null)[] {
  const trims = trimsEnclosure(format);
  const starts = [0, ...line.separators.map((at) => at + format.separator.length)];
  return starts.map((start, index) => {
    let field = line.bytes.subarray(start, line.separators[index] ?? line.bytes.length);
    if (index === 0) field = withoutByteOrderMark(field);
    if (trims && isEnclosed(field, format.encloseByte)) field = field.subarray(1, -1);
    // Compared after the trimming and before the unescaping: an enclosed \N is NULL too (§5 rule 2).
    if (field.equals(NULL)) return null;
    return format.escapeByte === null ? field : unescapeField(field, format.escapeByte);
  });
}

/** §5 rule 4: D24 takes double quotes off only if it is told to. */
function trimsEnclosure({ generation, encloseByte, trimDoubleQuotes }: CsvFormat): boolean {
  if (encloseByte === null) return false;
  return generation === 'D26' || trimDoubleQuotes || encloseByte !== DOUBLE_QUOTE;
}

function isEnclosed(field: Buffer, encloseByte: number | null): boolean {
  return field.length >= 2 && field[0] === encloseByte && field.at(-1) === encloseByte;
}

/**
 * Doris strips the mark from the first line of each block (§5 rule 1). How many lines make a block is not
 * described, so every line counts as a first one: what may be lost is lost.
 */
function withoutByteOrderMark(field: Buffer): Buffer {
  return field.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? field.subarray(BYTE_ORDER_MARK.length)
    : field;
}

/** `\x` becomes `x` in every field, enclosed or not (§5 rule 5); an escape at the very end stays. */
function unescapeField(field: Buffer, escapeByte: number): Buffer {
  if (!field.includes(escapeByte)) return field;
  const plain = Buffer.allocUnsafe(field.length);
  let length = 0;
  for (let at = 0; at < field.length; at += 1) {
    if (field[at] === escapeByte && at + 1 < field.length) at += 1;
    plain[length] = field[at] ?? 0;
    length += 1;
  }
  return plain.subarray(0, length);
}
