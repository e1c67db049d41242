import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from './environment.ts';
import { interpolate } from './interpolate.ts';

/** A variable that a migration file may refer to. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  /** The `.env` beside the migration file, or the environment of this process. */
  readonly from: '.env' | 'environment';
}

/**
 * All variables of both, also those of a `.env` that is refused for not being UTF-8, and those that the
 * other one hides. Never throws: a `.env` that cannot be read has none.
 */
export function readVariables(folder: string): readonly Variable[] {
  const variablesOf = (environment: Environment, from: Variable['from']): Variable[] =>
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, value, from }],
    );
  return [
    ...variablesOf(parseEnv(textOf(join(folder, '.env'))), '.env'),
    ...variablesOf(process.env, 'environment'),
  ];
}

/** The names that a text refers to as `${NAME}`, each once; the text need not be YAML. */
export function referencesIn(text: string): readonly string[] {
  const names = new Set<string>();
  const asked: Environment = new Proxy(
    {},
    {
      get(_target, name) {
        names.add(String(name));
      },
    },
  );
  interpolate(text, asked, () => {});
  return [...names];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
