import { describe, expect, it } from 'vitest';
import { loadHeadersOf } from './load-headers.ts';
import { parseLoadRequest } from './load-request.ts';
import { NotDescribed, Refusal } from './refusal.ts';

const parse = (headers: Record<string, string>) => parseLoadRequest(loadHeadersOf(headers), 'D26');

describe('the headers of a load (§2)', () => {
  it.each([
    [undefined, '\t'],
    [',', ','],
    ['\\t', '\t'],
    ['\\x01\\x02', '\u0001\u0002'],
    ['||', '||'],
    ['\\\\', '\\'],
  ])('separate columns by %j as %j', (sent, meant) => {
    const { csv } = parse(sent === undefined ? {} : { column_separator: sent });
    expect(csv.separator.toString()).toBe(meant);
  });

  it.each([
    [{ column_separator: '\\q' }],
    [{ column_separator: '"|', enclose: '"' }],
    [{ trim_double_quotes: 'true' }],
    [{ merge_type: 'MERGE', delete: 'gone > 1' }],
    [{ delete: 'gone=1' }],
    [{ hidden_columns: '__DORIS_SEQUENCE_COL__' }],
  ])('are not understood as %j', (headers) => {
    expect(() => parse(headers)).toThrow(NotDescribed);
  });

  it.each([
    [{ merge_type: 'UPSERT' }],
    [{ max_filter_ratio: '1.1' }],
    [{ max_filter_ratio: '' }],
    [{ timeout: '1.5' }],
    [{ label: 'x'.repeat(129) }],
    [{ label: 'ä' }],
    [{ group_commit: 'on' }],
    [{ group_commit: 'async_mode', two_phase_commit: 'true' }],
  ])('are refused as %j', (headers) => {
    expect(() => parse(headers)).toThrow(Refusal);
  });

  it('are UTF-8, which arrives as latin1 (§1.2)', () => {
    const columns = Buffer.from('`id`, `名, x`,b').toString('latin1');
    expect(parse({ columns }).columns).toEqual(['id', '名, x', 'b']);
  });

  it('are lax, patient and of one phase where they are missing', () => {
    expect(parse({ group_commit: 'off_mode' })).toMatchObject({
      columns: null,
      merge: 'APPEND',
      strict: false,
      maxFilterRatio: 0,
      timeoutMs: 259_200_000,
      twoPhase: false,
      compression: null,
    });
    expect(parse({ timeout: '1' }).timeoutMs).toBe(1000);
    expect(parse({ label: 'x'.repeat(128) }).label).toHaveLength(128);
  });
});
