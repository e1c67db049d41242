/** A comparison of one column with its part of a bound; `lowest` and `highest` lie beyond all its values. */
export type Comparable = ((operator: Operator) => string) | 'lowest' | 'highest';

type Operator = '<' | '<=' | '=' | '>=' | '>';

/**
 * A comparison of tuples by comparisons of single columns: `from` for those at the bound or above it, `to`
 * for those below. The first column also stands alone in front, so that an index on it is of use.
 */
export function lexicographic(columns: readonly Comparable[], side: 'from' | 'to'): string {
  const [strict, orEqual] = side === 'from' ? (['>', '>='] as const) : (['<', '<='] as const);
  const [first, last] = [columns[0], columns.at(-1)];
  if (first === undefined || last === undefined) return 'true';
  // With all columns equal the tuple is at the bound, which belongs to what is above.
  const end = compared(last, side === 'from' ? '>=' : '<');
  const nested = columns
    .slice(0, -1)
    .reduceRight<Condition>(
      (rest, column) => or(compared(column, strict), and(compared(column, '='), rest)),
      end,
    );
  return String(columns.length === 1 ? nested : and(compared(first, orEqual), nested));
}

type Condition = string | boolean;

function compared(column: Comparable, operator: Operator): Condition {
  if (column === 'lowest') return operator.startsWith('>');
  if (column === 'highest') return operator.startsWith('<');
  return column(operator);
}

function or(a: Condition, b: Condition): Condition {
  if (typeof a === 'boolean') return a || b;
  if (typeof b === 'boolean') return b || a;
  return `(${a} or ${b})`;
}

function and(a: Condition, b: Condition): Condition {
  if (typeof a === 'boolean') return a && b;
  if (typeof b === 'boolean') return b && a;
  return `(${a} and ${b})`;
}
