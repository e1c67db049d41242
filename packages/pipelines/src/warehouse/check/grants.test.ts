import { describe, expect, test } from 'vitest';
import { readGrants } from './grants.ts';

const ORDERS = { database: 'shop', table: 'orders' };

const grants = (of: object) =>
  readGrants([
    {
      UserIdentity: `'loader'@'%'`,
      GlobalPrivs: null,
      CatalogPrivs: null,
      DatabasePrivs: null,
      TablePrivs: null,
      ...of,
    },
  ]);

describe('the rights that a server lists', () => {
  test('count at each level', () => {
    for (const of of [
      { GlobalPrivs: 'Node_priv,Admin_priv' },
      { GlobalPrivs: 'Admin_priv  (false)' },
      { GlobalPrivs: 'Select_priv,Load_priv' },
      { CatalogPrivs: 'hive: Select_priv; internal: Load_priv' },
      {
        DatabasePrivs:
          'internal.information_schema: Select_priv; internal.shop: Select_priv,Load_priv',
      },
      { DatabasePrivs: 'internal.shop.*: Load_priv' },
      { DatabasePrivs: 'internal.shop: Load_priv  (false)' },
      { TablePrivs: 'internal.shop.orders: Load_priv' },
    ]) {
      expect(grants(of)?.has('Load_priv', ORDERS), JSON.stringify(of)).toBe(true);
    }
  });

  test('do not count elsewhere', () => {
    for (const of of [
      {},
      { GlobalPrivs: 'Node_priv' },
      { CatalogPrivs: 'hive: Load_priv' },
      { DatabasePrivs: 'internal.shop: Select_priv; internal.shops: Load_priv' },
      { DatabasePrivs: 'hive.shop: Load_priv' },
      { TablePrivs: 'internal.shop.order: Load_priv' },
    ]) {
      expect(grants(of)?.has('Load_priv', ORDERS), JSON.stringify(of)).toBe(false);
    }
  });

  test('are those of the user, as GRANT takes him', () => {
    expect(grants({})?.user).toBe(`'loader'@'%'`);
  });

  test('are unknown where the answer has another form', () => {
    expect(readGrants([])).toBeNull();
    expect(readGrants([{ 'Grants for root@%': 'GRANT ALL' }])).toBeNull();
  });
});
