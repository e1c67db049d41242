import type { TargetRow } from '../target-sql.ts';

/** Rights of Doris, by the names that SHOW GRANTS and GRANT have for them. */
export type Right = 'Select_priv' | 'Load_priv' | 'Create_priv' | 'Drop_priv' | 'Alter_priv';

/** What a user may do. */
export interface Grants {
  /** As GRANT takes it, e.g. `'loader'@'%'`. */
  readonly user: string;
  has(right: Right, of: { readonly database: string; readonly table: string }): boolean;
}

const CATALOG = 'internal';

/**
 * Reads what SHOW GRANTS prints: lists such as `internal.shop: Select_priv,Load_priv; internal.other: ...`, in
 * which versions before 2.1 have blanks for commas and a `(false)` at the end. Rights of roles are among them.
 * @returns null where the answer has another form.
 */
export function readGrants(rows: readonly TargetRow[]): Grants | null {
  const [row] = rows;
  if (row?.['UserIdentity'] == null || !('GlobalPrivs' in row)) return null;
  const cell = (name: string) => row[name] ?? '';
  const everywhere = rightsIn(cell('GlobalPrivs'));
  const byPlace = new Map(
    ['CatalogPrivs', 'DatabasePrivs', 'TablePrivs'].flatMap((name) =>
      cell(name)
        .split(';')
        .map((entry) => {
          const colon = entry.lastIndexOf(':');
          // The place of a role's right on a database ends in `.*` in some versions.
          const place = entry
            .slice(0, Math.max(0, colon))
            .trim()
            .replace(/(\.\*)+$/, '');
          return [place, rightsIn(entry.slice(colon + 1))] as const;
        }),
    ),
  );
  return {
    user: row['UserIdentity'],
    has(right, { database, table }) {
      if (everywhere.has('Admin_priv')) return true;
      const places = [CATALOG, `${CATALOG}.${database}`, `${CATALOG}.${database}.${table}`];
      return [everywhere, ...places.map((place) => byPlace.get(place))].some((rights) =>
        rights?.has(right),
      );
    },
  };
}

const rightsIn = (text: string): ReadonlySet<string> => new Set(text.match(/\w+_priv\b/g) ?? []);
