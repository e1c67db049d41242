import { isUtf8 } from 'node:buffer';
import { castField } from './cast.ts';
import { fieldsOf } from './csv-fields.ts';
import type { CsvFormat, CsvLine } from './csv-lines.ts';
import type { LoadPlan } from './load-columns.ts';
import type { LoadRequest } from './load-request.ts';
import { NotDescribed } from './refusal.ts';
import type { Generation, Value, Write } from './store.ts';

/** Why a row is left out, in the words of the error log (§3). */
interface Filtered {
  readonly reason: string;
}

export type ReadRow = (line: CsvLine) => Write | Filtered;

/** Turns the lines of a load into writes. */
export function rowReader(of: {
  request: LoadRequest;
  plan: LoadPlan;
  generation: Generation;
  stringLimitBytes: number;
}): ReadRow {
  const { request, plan } = of;
  const { csv, strict } = request;
  const options = { generation: of.generation, strict, stringLimitBytes: of.stringLimitBytes };
  return (line) => {
    if (!isUtf8(line.bytes)) {
      return { reason: 'Invalid file encoding: all CSV files must be UTF-8 encoded' };
    }
    const fields = fieldsOf(line, csv);
    if (fields.length !== plan.slots.length) {
      return { reason: columnMismatch(plan.slots.length, fields.length, csv) };
    }
    const row: Value[] = plan.columns.map(() => null);
    for (const [at, slot] of plan.slots.entries()) {
      if (slot.kind !== 'column') continue;
      const cast = castField(fields[at] ?? null, slot.column, options);
      if ('reason' in cast) return cast;
      row[slot.index] = cast.value;
    }
    const deleted =
      request.merge === 'DELETE' ||
      (plan.deleteField !== null && saysDelete(fields[plan.deleteField] ?? null));
    return { kind: deleted ? 'delete' : 'put', row };
  };
}

function saysDelete(field: Buffer | null): boolean {
  const text = field?.toString('utf8') ?? 'NULL';
  if (text !== '0' && text !== '1') {
    throw new NotDescribed(`a row that is marked for deletion with '${text}'`);
  }
  return text === '1';
}

/** In the words of D26; those of D24 are not described (§3). */
function columnMismatch(expected: number, found: number, csv: CsvFormat): string {
  const separator = csv.separator.toString('utf8').replaceAll('\t', '\\t');
  const shown = (name: string, byte: number | null) =>
    byte === null ? '' : ` ${name}:${String.fromCharCode(byte)}`;
  const marks = `${shown('encl', csv.encloseByte)}${shown('esc', csv.escapeByte)}`;
  return `Column count mismatch: expected ${expected}, but found ${found} (sep:${separator} delim:\\n${marks})`;
}
