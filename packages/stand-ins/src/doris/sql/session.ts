import type { Generation, Value } from '../store.ts';
import { notKnown, refused } from './sql-error.ts';

type Kind = 'boolean' | 'integer' | 'text' | 'fixed';

interface Variable {
  readonly kind: Kind;
  readonly initial: string;
}

/** What VERSION() says: the MySQL version that the server claims to speak. */
export const SERVER_VERSION = '5.7.99';

/** The variables that a session may set, and a few that it may only read. */
function variablesOf(generation: Generation): ReadonlyMap<string, Variable> {
  const version = generation === 'D24' ? 'doris-3.0.2' : 'doris-4.0.0';
  return new Map<string, Variable>([
    ['character_set_client', { kind: 'text', initial: 'utf8mb4' }],
    ['character_set_connection', { kind: 'text', initial: 'utf8mb4' }],
    ['character_set_results', { kind: 'text', initial: 'utf8mb4' }],
    ['collation_connection', { kind: 'text', initial: 'utf8mb4_0900_bin' }],
    ['time_zone', { kind: 'text', initial: 'Etc/UTC' }],
    ['sql_mode', { kind: 'text', initial: 'ONLY_FULL_GROUP_BY' }],
    ['autocommit', { kind: 'boolean', initial: 'true' }],
    ['query_timeout', { kind: 'integer', initial: '900' }],
    ['insert_timeout', { kind: 'integer', initial: '14400' }],
    ['wait_timeout', { kind: 'integer', initial: '28800' }],
    ['interactive_timeout', { kind: 'integer', initial: '3600' }],
    ['net_read_timeout', { kind: 'integer', initial: '600' }],
    ['net_write_timeout', { kind: 'integer', initial: '600' }],
    ['max_allowed_packet', { kind: 'integer', initial: '16777216' }],
    ['exec_mem_limit', { kind: 'integer', initial: '2147483648' }],
    ['parallel_pipeline_task_num', { kind: 'integer', initial: '0' }],
    ['enable_insert_strict', { kind: 'boolean', initial: 'true' }],
    ['enable_sql_cache', { kind: 'boolean', initial: String(generation === 'D26') }],
    ['enable_profile', { kind: 'boolean', initial: 'false' }],
    ['enable_decimal256', { kind: 'boolean', initial: 'false' }],
    // §7: the default differs between the generations.
    ['enable_unicode_name_support', { kind: 'boolean', initial: String(generation === 'D26') }],
    ['version', { kind: 'fixed', initial: SERVER_VERSION }],
    ['version_comment', { kind: 'fixed', initial: `Doris version ${version}` }],
    ['lower_case_table_names', { kind: 'fixed', initial: '0' }],
  ]);
}

/** The settings of one connection. */
export class Session {
  readonly id: number;
  readonly generation: Generation;
  database: string | null;
  readonly #known: ReadonlyMap<string, Variable>;
  readonly #values = new Map<string, string>();

  constructor({
    id,
    generation,
    database,
  }: {
    id: number;
    generation: Generation;
    database: string | null;
  }) {
    this.id = id;
    this.generation = generation;
    this.database = database;
    this.#known = variablesOf(generation);
  }

  set(name: string, value: string): void {
    const { kind } = this.#variable(name);
    if (kind === 'fixed') throw refused(`Variable '${name}' is a read only variable`, 1238);
    this.#values.set(name, checked(name, kind, value));
  }

  get(name: string): string {
    return this.#values.get(name) ?? this.#variable(name).initial;
  }

  isOn(name: string): boolean {
    return this.get(name) === 'true';
  }

  /** The value that `@@name` selects: integers and booleans are numbers to the clients of MySQL. */
  value(name: string): Value {
    const { kind } = this.#variable(name);
    const text = this.get(name);
    if (kind === 'boolean') return this.isOn(name) ? 1n : 0n;
    return kind === 'integer' || /^\d+$/.test(text) ? BigInt(text) : text;
  }

  names(): readonly string[] {
    return [...this.#known.keys()].toSorted();
  }

  #variable(name: string): Variable {
    const known = this.#known.get(name);
    if (known === undefined) throw refused(`Unknown system variable '${name}'`, 1193);
    return known;
  }
}

function checked(name: string, kind: Kind, value: string): string {
  if (name === 'sql_mode' && /NO_BACKSLASH_ESCAPES|PIPES_AS_CONCAT/i.test(value)) {
    throw notKnown(`the sql_mode ${value}`);
  }
  if (name.startsWith('character_set') && !/^utf8(?:mb4)?$/i.test(value)) {
    throw notKnown(`the character set ${value}`);
  }
  if (name === 'time_zone') return zone(value);
  if (kind === 'boolean') {
    if (/^(?:1|true|on)$/i.test(value)) return 'true';
    if (/^(?:0|false|off)$/i.test(value)) return 'false';
    throw refused(`Variable '${name}' can't be set to the value of '${value}'`, 1231);
  }
  if (kind === 'integer' && !/^\d+$/.test(value)) {
    throw refused(`Incorrect argument type to variable '${name}'`, 1232);
  }
  return value;
}

function zone(value: string): string {
  if (/^[+-](?:0\d|1[0-4]):[0-5]\d$/.test(value)) return value;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value }).format(0);
    return value;
  } catch {
    throw refused(`Unknown or incorrect time zone: '${value}'`, 1298);
  }
}
