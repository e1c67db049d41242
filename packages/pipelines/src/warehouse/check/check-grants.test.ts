import { DroverError, type ErrorCode } from '@drover/core';
import { silentLog } from '@drover/testkit';
import { expect, test } from 'vitest';
import { collect } from '../../check/testing/findings.ts';
import { planTable } from '../plan-table.ts';
import { STRICTER_LIMITS } from '../target-limits.ts';
import { sourceTable } from '../testing/source-tables.ts';
import { warehouseSpec } from '../testing/warehouse-spec.ts';
import { checkGrants } from './check-grants.ts';

const CONTEXT = { log: silentLog, options: {}, attemptsAtOnce: 1, cutoffs: new Map() };

const refused = (code: ErrorCode) => {
  const query = () => Promise.reject(new DroverError(code, { message: 'target: refused.' }));
  const plans = [planTable(sourceTable(), warehouseSpec({}), STRICTER_LIMITS)];
  return collect(checkGrants({ query }, CONTEXT, plans));
};

test('a server that does not list rights is no error, as they may be enough', async () => {
  expect(await refused('UNKNOWN')).toMatchObject([{ level: 'info', rule: 'rights-unknown' }]);
  await expect(refused('CONNECTION_LOST')).rejects.toThrow('refused');
});
