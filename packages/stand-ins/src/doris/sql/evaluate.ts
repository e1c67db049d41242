import { arithmetic, negate } from './arithmetic.ts';
import { choose } from './choices.ts';
import { type Compiled, constant, convertTo } from './compiled.ts';
import { and, compare, isIn, isNull, like, not, nullSafeEqual, or } from './conditions.ts';
import { nullIfInvalid } from './convert.ts';
import { callFunction } from './functions.ts';
import { notKnown, refused } from './sql-error.ts';
import type { BinaryOperator, Expression } from './syntax.ts';

/** What the names of an expression stand for. */
export interface Scope {
  column(qualifier: readonly string[], name: string): Compiled;
  /** Values of the session: `@@name`, and functions without arguments such as VERSION(). */
  variable(name: string): Compiled;
  environment(name: string): Compiled | undefined;
  /** First asked about every expression: for what is computed elsewhere, as aggregates are. */
  intercept?(expression: Expression): Compiled | undefined;
}

export function compile(expression: Expression, scope: Scope): Compiled {
  return scope.intercept?.(expression) ?? compileHere(expression, scope);
}

function compileHere(expression: Expression, scope: Scope): Compiled {
  const inner = (operand: Expression) => compile(operand, scope);
  switch (expression.kind) {
    case 'literal':
      return constant(expression.type, expression.value);
    case 'column':
      return scope.column(expression.qualifier, expression.name);
    case 'variable':
      return scope.variable(expression.name);
    case 'not':
      return not(inner(expression.operand));
    case 'negate':
      return negate(inner(expression.operand));
    case 'binary':
      return compileBinary(expression, scope);
    case 'in':
      return compileIn(expression, scope);
    case 'is-null':
      return isNull(inner(expression.operand));
    case 'like':
      return like(inner(expression.operand), inner(expression.pattern));
    case 'case':
      return choose(
        expression.branches.map(({ when, value }) => ({ when: inner(when), value: inner(value) })),
        inner(expression.otherwise),
      );
    case 'cast':
      return convertTo(inner(expression.operand), expression.type, nullIfInvalid);
    case 'call':
      return compileCall(expression, scope);
    case 'tuple':
      throw notKnown('a tuple as a value');
  }
}

function compileBinary(
  { operator, left, right }: { operator: BinaryOperator; left: Expression; right: Expression },
  scope: Scope,
): Compiled {
  if (left.kind === 'tuple' || right.kind === 'tuple') {
    if (operator === '=') return tuplesEqual(left, right, scope);
    throw refused(`comparison of tuples by ${operator} is not supported`);
  }
  const [one, other] = [compile(left, scope), compile(right, scope)];
  switch (operator) {
    case 'AND':
      return and(one, other);
    case 'OR':
      return or(one, other);
    case '<=>':
      return nullSafeEqual(one, other);
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compare(operator, one, other);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case 'DIV':
      return arithmetic(operator, one, other);
  }
}

function compileIn(
  { operand, list }: { operand: Expression; list: readonly Expression[] },
  scope: Scope,
): Compiled {
  if (operand.kind === 'tuple') {
    return list.map((item) => tuplesEqual(operand, item, scope)).reduce(or);
  }
  return isIn(
    compile(operand, scope),
    list.map((item) => compile(item, scope)),
  );
}

function tuplesEqual(left: Expression, right: Expression, scope: Scope): Compiled {
  if (left.kind !== 'tuple' || right.kind !== 'tuple' || left.items.length !== right.items.length) {
    throw refused('tuples that are compared must have the same number of items');
  }
  return left.items
    .map((item, index) => {
      const other = right.items[index];
      if (other === undefined) throw refused('a tuple is too short');
      return compare('=', compile(item, scope), compile(other, scope));
    })
    .reduce(and);
}

function compileCall(expression: Extract<Expression, { kind: 'call' }>, scope: Scope): Compiled {
  const { name, args, distinct } = expression;
  if (args === '*' || distinct)
    throw refused(`${name} is no aggregate function that may stand here`);
  const compiled = args.map((argument) => compile(argument, scope));
  return (
    (compiled.length === 0 ? scope.environment(name) : undefined) ?? callFunction(name, compiled)
  );
}
