import type { LoadRequest } from './load-request.ts';
import { NotDescribed, Refusal } from './refusal.ts';
import type { Column, TableDefinition } from './store.ts';

const DELETE_SIGN = '__doris_delete_sign__';
const NAME = /\s*(?:`([^`]+)`|([A-Za-z_][A-Za-z0-9_]*))\s*(,|$)/y;

/** What becomes of a field of the file. */
type Slot =
  | { readonly kind: 'column'; readonly index: number; readonly column: Column }
  | { readonly kind: 'delete sign' }
  /** Only looked at, by the condition of a MERGE. */
  | { readonly kind: 'temporary' };

export interface LoadPlan {
  readonly columns: readonly Column[];
  /** In the order of the file. */
  readonly slots: readonly Slot[];
  /** The field that says with a 1 that its row is deleted. */
  readonly deleteField: number | null;
}

/**
 * The header `columns`: bare and backticked names (§2).
 * @throws NotDescribed for an expression.
 */
export function parseColumns(header: string): readonly string[] {
  const names: string[] = [];
  NAME.lastIndex = 0;
  for (;;) {
    const match = NAME.exec(header);
    if (match === null) throw new NotDescribed(`the header columns with '${header}'`);
    names.push(match[1] ?? match[2] ?? '');
    if (match[3] === '') return names;
  }
}

/**
 * Which field goes where.
 * @throws Refusal where the table cannot be loaded so (§2, §7); NotDescribed.
 */
export function planLoad(request: LoadRequest, table: TableDefinition): LoadPlan {
  const { columns } = table;
  if (request.merge === 'MERGE' && table.model !== 'UNIQUE') {
    throw Refusal.ofFrontend('merge type MERGE is only for tables with a UNIQUE KEY');
  }
  if (request.merge === 'DELETE' && table.model !== 'UNIQUE') {
    throw new NotDescribed('merge type DELETE on a table without a UNIQUE KEY');
  }
  // The hidden columns count only where no plain column is named (§2).
  const names = (
    request.columns ?? [...columns.map(({ name }) => name), ...request.hiddenColumns]
  ).map((name) => name.toLowerCase());
  if (new Set(names).size !== names.length) throw new NotDescribed('a column that is named twice');
  const temporary = request.deleteColumn?.toLowerCase() ?? null;
  const slots = names.map((name) => slotOf(name, { request, table, temporary }));
  assertFilled(columns, slots);

  const condition = temporary ?? DELETE_SIGN;
  const deleteField = names.indexOf(condition);
  if (temporary !== null && deleteField < 0) {
    throw new NotDescribed(`the header delete with the column '${temporary}', which no field has`);
  }
  return { columns, slots, deleteField: deleteField < 0 ? null : deleteField };
}

function slotOf(
  name: string,
  of: { request: LoadRequest; table: TableDefinition; temporary: string | null },
): Slot {
  const { columns, model } = of.table;
  const index = columns.findIndex((column) => column.name.toLowerCase() === name);
  const column = columns[index];
  if (column !== undefined) return { kind: 'column', index, column };
  if (name === DELETE_SIGN && of.request.merge === 'APPEND') {
    if (model === 'UNIQUE') return { kind: 'delete sign' };
    throw Refusal.ofFrontend(`unknown column '${name}': the table has no UNIQUE KEY`);
  }
  if (name === of.temporary) return { kind: 'temporary' };
  throw new NotDescribed(`a column '${name}' in the header columns that the table has not`);
}

/** Columns that the file has not are NULL. */
function assertFilled(columns: readonly Column[], slots: readonly Slot[]): void {
  for (const column of columns) {
    const filled = slots.some((slot) => slot.kind === 'column' && slot.column === column);
    if (!filled && !column.nullable) {
      throw Refusal.ofFrontend(`Column has no default value, column=${column.name}`);
    }
  }
}
