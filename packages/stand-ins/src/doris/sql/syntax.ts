import type { ColumnType, Value } from '../store.ts';

/** The type of an expression: that of a column, or NULL where nothing more is known. */
export type ValueType = ColumnType | { readonly name: 'NULL' };

export type BinaryOperator =
  | 'AND'
  | 'OR'
  | '='
  | '<=>'
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | 'DIV';

export type Expression =
  | { readonly kind: 'literal'; readonly type: ValueType; readonly value: Value }
  | { readonly kind: 'column'; readonly qualifier: readonly string[]; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'in'; readonly operand: Expression; readonly list: readonly Expression[] }
  | { readonly kind: 'is-null'; readonly operand: Expression }
  | { readonly kind: 'like'; readonly operand: Expression; readonly pattern: Expression }
  | {
      readonly kind: 'case';
      readonly branches: readonly { readonly when: Expression; readonly value: Expression }[];
      readonly otherwise: Expression;
    }
  | { readonly kind: 'cast'; readonly operand: Expression; readonly type: ColumnType }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[] | '*';
      readonly distinct: boolean;
    }
  | { readonly kind: 'tuple'; readonly items: readonly Expression[] };

export interface TableName {
  /** Null where the statement does not say; then the one in use is meant. */
  readonly database: string | null;
  readonly table: string;
}

export type Source =
  | ({ readonly kind: 'table'; readonly alias: string | null } & TableName)
  | { readonly kind: 'query'; readonly query: Query; readonly alias: string };

export type SelectItem =
  | { readonly kind: 'all'; readonly qualifier: readonly string[] }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly name: string };

export interface Order {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface Query {
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly source: Source | null;
  readonly where: Expression | null;
  readonly groupBy: readonly Expression[];
  readonly having: Expression | null;
  readonly orderBy: readonly Order[];
  readonly limit: number | null;
  readonly offset: number;
}

/** A type as written, before the rules: `name` may be one that no column can have. */
export interface WrittenType {
  readonly name: string;
  readonly parameters: readonly number[];
}

export interface WrittenColumn {
  readonly name: string;
  readonly type: WrittenType;
  /** Null where the statement does not say. */
  readonly nullable: boolean | null;
  readonly comment: string;
}

export interface CreateTable {
  readonly kind: 'create-table';
  readonly name: TableName;
  readonly ifNotExists: boolean;
  readonly columns: readonly WrittenColumn[];
  readonly model: {
    readonly kind: 'UNIQUE' | 'DUPLICATE';
    readonly keys: readonly string[];
  } | null;
  readonly distribution: { readonly kind: 'HASH' | 'RANDOM'; readonly columns: readonly string[] };
  readonly buckets: number | 'AUTO';
  readonly properties: ReadonlyMap<string, string>;
  readonly comment: string;
}

export type Show =
  | { readonly kind: 'databases'; readonly like: string | null }
  | {
      readonly kind: 'tables';
      readonly full: boolean;
      readonly database: string | null;
      readonly like: string | null;
    }
  | { readonly kind: 'columns'; readonly full: boolean; readonly table: TableName }
  | { readonly kind: 'describe'; readonly table: TableName }
  | { readonly kind: 'create-table'; readonly table: TableName }
  | { readonly kind: 'backends' }
  | { readonly kind: 'frontends' }
  | { readonly kind: 'grants' }
  | { readonly kind: 'variables'; readonly like: string | null }
  | {
      readonly kind: 'transaction';
      readonly database: string | null;
      readonly label: string | null;
      readonly id: number | null;
    };

export type Statement =
  | { readonly kind: 'select'; readonly query: Query }
  | { readonly kind: 'set'; readonly assignments: readonly (readonly [string, string])[] }
  | { readonly kind: 'use'; readonly database: string }
  | { readonly kind: 'kill'; readonly query: boolean; readonly id: number }
  | { readonly kind: 'create-database'; readonly name: string; readonly ifNotExists: boolean }
  | { readonly kind: 'drop-database'; readonly name: string; readonly ifExists: boolean }
  | CreateTable
  | { readonly kind: 'drop-table'; readonly name: TableName; readonly ifExists: boolean }
  | { readonly kind: 'truncate'; readonly name: TableName }
  | {
      readonly kind: 'replace-table';
      readonly name: TableName;
      readonly other: string;
      readonly swap: boolean;
    }
  | { readonly kind: 'rename-table'; readonly name: TableName; readonly to: string }
  | { readonly kind: 'add-column'; readonly name: TableName; readonly column: WrittenColumn }
  | { readonly kind: 'delete'; readonly name: TableName; readonly where: Expression }
  | {
      readonly kind: 'insert';
      readonly name: TableName;
      readonly columns: readonly string[] | null;
      readonly rows: readonly (readonly Expression[])[];
    }
  | {
      readonly kind: 'update';
      readonly name: TableName;
      readonly assignments: readonly { readonly column: string; readonly value: Expression }[];
      readonly where: Expression;
    }
  | { readonly kind: 'show'; readonly show: Show };
