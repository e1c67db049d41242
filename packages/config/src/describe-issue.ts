import { z } from 'zod';

type RawIssue = z.core.$ZodRawIssue;
type Issue = z.core.$ZodIssue;

/** One fault of a value: where it stands, and in words what it is and what to do. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

/**
 * A value as its schema reads it, or the faults that the schema finds, once each: of an alternative,
 * those of the branch that the writer meant, where one can tell. No text quotes a value unless the
 * schema's own message does.
 */
export function readValue<T>(
  schema: z.ZodType<T>,
  value: unknown,
): { readonly data: T } | { readonly faults: readonly Fault[] } {
  const parsed = schema.safeParse(value, { error: describeIssue });
  if (parsed.success) return { data: parsed.data };
  return { faults: parsed.error.issues.flatMap((issue) => flatten(issue, [])) };
}

function flatten(issue: Issue, prefix: readonly PropertyKey[]): Fault[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], text: issue.message }));
  }
  if (issue.code !== 'invalid_union') return [{ path, text: issue.message }];
  const meant = meantBranch(issue.errors);
  if (meant === null) return [{ path, text: issue.message }];
  return meant.flatMap((inner) => flatten(inner, path));
}

/** Of the branches whose type fits, the one with the fewest faults; null where several have as few. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const fitting = branches.filter((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  const fewest = Math.min(...fitting.map((issues) => issues.length));
  const closest = fitting.filter((issues) => issues.length === fewest);
  return closest.length === 1 ? (closest[0] ?? null) : null;
}

/** Takes the place of zod's own English; messages that a schema sets itself come before it. */
function describeIssue(issue: RawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== 'custom') {
    return `is missing; add it${about(issue.inst)}`;
  }
  if (issue.input === null) return `is empty; give it a value${about(issue.inst)}`;
  switch (issue.code) {
    case 'invalid_type':
      return Number.isNaN(issue.input)
        ? 'is no number; write digits only'
        : `is ${nounOf(issue.input)}, but should be ${expectedNoun(issue.expected)}; ${fixOf(issue.expected)}`;
    case 'invalid_value':
      return `is none of the possible values; write ${listOf(issue.values.map(String))}`;
    case 'unrecognized_keys':
      return `is not a setting; ${settingsOf(issue.inst)}`;
    case 'invalid_union':
      return describeUnion(issue.input, issue.errors, issue.inst);
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `is too small; write at least ${issue.minimum}`
        : issue.minimum === 1
          ? 'is empty; give it a value'
          : `is too short; write at least ${issue.minimum}`;
    case 'too_big':
      return `is too ${issue.origin === 'number' || issue.origin === 'int' ? 'big' : 'long'}; write at most ${issue.maximum}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'not_multiple_of':
      return undefined;
  }
}

function describeUnion(input: unknown, branches: readonly Issue[][], inst: unknown): string {
  const keys = keysToChooseFrom(inst);
  if (keys.length > 0 && typeof input === 'object' && input !== null) {
    const given = Object.keys(input).filter((key) => keys.includes(key));
    return given.length > 1
      ? `has ${given.join(' and ')}; keep exactly one of them`
      : `needs one setting; write exactly one of ${keys.join(', ')}`;
  }
  const description = descriptionOf(inst);
  if (description !== undefined) return `is ${nounOf(input)}; it should be: ${description}`;
  const wanted = branches.flat().flatMap((issue) => {
    if (issue.code === 'invalid_type') return [expectedNoun(issue.expected)];
    return issue.code === 'invalid_value' ? [listOf(issue.values.map(String))] : [];
  });
  return `is ${nounOf(input)}; write ${[...new Set(wanted)].join(' or ')}`;
}

/** Of a choice between objects, the keys by which one chooses. */
function keysToChooseFrom(inst: unknown): string[] {
  if (!(inst instanceof z.ZodUnion)) return [];
  const shapes = inst.options.map((option) =>
    option instanceof z.ZodObject ? Object.keys(option.shape) : [],
  );
  if (shapes.some((keys) => keys.length === 0)) return [];
  return [...new Set(shapes.flat())].filter((key) => !shapes.every((keys) => keys.includes(key)));
}

function settingsOf(inst: unknown): string {
  if (!(inst instanceof z.ZodObject)) return 'remove it';
  return `remove it, or write one of ${Object.keys(inst.shape).join(', ')}`;
}

function descriptionOf(inst: unknown): string | undefined {
  return inst instanceof z.ZodType ? inst.description?.replace(/\.$/, '') : undefined;
}

function about(inst: unknown): string {
  const description = descriptionOf(inst);
  return description === undefined ? '' : ` (${description})`;
}

function nounOf(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'number') return 'a number';
  if (typeof input === 'boolean') return 'true or false';
  return typeof input === 'string' ? 'text' : 'a group of settings';
}

const EXPECTED: Readonly<Record<string, readonly [noun: string, fix: string]>> = {
  string: ['text', 'put the value into quotes, or write text'],
  number: ['a number', 'write digits, without quotes'],
  int: ['a whole number', 'write digits only'],
  boolean: ['true or false', 'write true or false, without quotes'],
  array: ['a list', 'write it as [a, b], or each on a line of its own after a -'],
  object: ['a group of settings', 'write its settings below it, indented'],
  record: ['a group of settings', 'write its settings below it, indented'],
};

const expectedNoun = (type: string): string => EXPECTED[type]?.[0] ?? type;
const fixOf = (type: string): string => EXPECTED[type]?.[1] ?? `write ${type}`;

function listOf(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`;
}
