import { describe, expect, test } from 'vitest';
import { judgeBackends } from './judge-backends.ts';

const alive = {
  Host: '10.0.0.1',
  HttpPort: '8040',
  Alive: 'true',
  Tag: '{"location" : "default"}',
};
const dead = { ...alive, Host: '10.0.0.2', Alive: 'false', ErrMsg: 'no heartbeat' };
const cloud = { ...alive, Tag: '{"cloud_unique_id" : "1:x", "compute_group_name" : "main"}' };
const usual = { replicas: null, commit: 'two-phase', keyed: true } as const;

const judged = (...of: Parameters<typeof judgeBackends>) =>
  judgeBackends(...of).map(({ level, rule, reason }) => [level, rule, reason]);

describe('the list of backends', () => {
  test('says how many copies the tables have', () => {
    const copies = (count: number, replicas: number | null) =>
      judged(
        Array.from({ length: count }, () => alive),
        { ...usual, replicas },
      );
    expect(copies(1, null)).toEqual([
      ['info', 'replicas', '1 backend is alive; tables that Drover makes have 1 copy'],
    ]);
    expect(copies(5, null)).toEqual([
      ['info', 'replicas', '5 backends are alive; tables that Drover makes have 3 copies'],
    ]);
    expect(copies(5, 2)).toEqual([
      ['info', 'replicas', '5 backends are alive; tables that Drover makes have 2 copies'],
    ]);
    expect(copies(1, 2)).toMatchObject([['error', 'replicas', expect.any(String)]]);
    expect(copies(0, null)).toMatchObject([['error', 'replicas', expect.any(String)]]);
  });

  test('names those that are dead, and why', () => {
    expect(judged([alive, dead], usual)[0]).toEqual([
      'warning',
      'backend-dead',
      'the frontend holds it for dead: no heartbeat',
    ]);
  });

  test('tells a cluster that takes no two-phase commit, where there would be one', () => {
    const rules = (of: Partial<typeof usual> | { commit: 'single' } | { keyed: false }) =>
      judged([cloud], { ...usual, ...of }).map(([level, rule]) => `${level} ${rule}`);
    expect(rules({})).toEqual(['info replicas', 'error commit-two-phase']);
    expect(rules({ commit: 'single' })).toEqual(['info replicas']);
    expect(rules({ keyed: false })).toEqual(['info replicas']);
  });
});
