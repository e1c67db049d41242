import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMigration } from '@drover/config';
import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../registry.ts';
import { warehouseSpecSchema } from './spec.ts';

const FILE = `name: shop
pipeline: warehouse
queue:
  url: redis://localhost
ledger:
  connection: postgres://drover@db2/ledger
source:
  connection: postgres://drover@db1/shop
  schemas: [shop]
target:
  fe: http://doris:8030
  user: drover
  password: \${DORIS_PASSWORD}
`;

async function load(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'drover-spec-'));
  try {
    const path = join(folder, 'shop.yaml');
    writeFileSync(path, text);
    writeFileSync(join(folder, '.env'), 'DORIS_PASSWORD=from-the-environment\n');
    return await loadMigration(path, loadPipeline);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a person is told of the file, a line each. */
async function faultsOf(text: string): Promise<string[]> {
  const error: unknown = await load(text).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'FILE_INVALID' });
  return (error as Error).message.split('\n');
}

/** The file with something else in the place of a line of it. */
const having = (line: string, instead: string): string => {
  expect(FILE).toContain(line);
  return FILE.replace(line, () => instead);
};

describe('the migration file of a warehouse', () => {
  test('needs no more than the places, and keeps its passwords in the environment', async () => {
    const { spec, text } = await load(FILE);
    expect(spec).toMatchObject({ target: { password: 'from-the-environment', via: 'auto' } });
    expect(text).not.toContain('from-the-environment');
  });

  test.each([
    [
      '  password: ${DORIS_PASSWORD}',
      '  password: s3cret',
      /^shop\.yaml:13:13 a password stands in the file; /,
    ],
    [
      'http://doris:8030',
      'http://root:s3cret@doris:8030',
      /^shop\.yaml:11:7 .*(password stands in the file|without user, password or path)/,
    ],
    [
      'postgres://drover@db2/ledger',
      'postgres://drover:s3cret@db2/ledger',
      /^shop\.yaml:6:15 .*password/,
    ],
    ['postgres://drover@db1/shop', 'db1', /^shop\.yaml:8:\d+ source\.connection\b.*postgres:/],
    [
      'http://doris:8030',
      'doris:8030',
      /^shop\.yaml:11:3 target\.fe is text; .*http:\/\/doris:8030/,
    ],
    [
      'http://doris:8030',
      '[http://doris:8030/api]',
      /^shop\.yaml:11:8 target\.fe\[0\].*without user, password or path/,
    ],
    ['http://doris:8030', '[]', /^shop\.yaml:11:3 target\.fe is empty/],
    ['  user: drover\n', '  usr: drover\n', /target\.usr\b.* is not a setting/],
    ['  user: drover\n', '', /target\.user is missing/],
    [
      '  user: drover',
      '  user: drover\n  queryPort: 99999',
      /^shop\.yaml:13:3 target\.queryPort .*at most 65535/,
    ],
    ['  user: drover', '  user: drover\n  via: proxy', /target\.via\b.*auto.*be.*fe/],
    [
      '  schemas: [shop]',
      '  schemas: shop',
      /^shop\.yaml:9:3 source\.schemas is text; .*all, or a list/,
    ],
    ['  schemas: [shop]', '  schemas: []', /^shop\.yaml:9:3 source\.schemas is empty/],
    [
      '  schemas: [shop]',
      "  schemas: [{ name: shop, excludeRegex: ['(unclosed'] }]",
      /^shop\.yaml:9:42 source\.schemas\[0\]\.excludeRegex\[0\].*is no regular expression; write/,
    ],
    [
      '  schemas: [shop]',
      '  schemas: [{ name: shop, exclud: [a] }]',
      /source\.schemas\[0\]\.exclud\b.* is not a setting/,
    ],
    [
      'target:',
      'chunk: { bytes: 5 potatoes }\ntarget:',
      /^shop\.yaml:10:10 chunk\.bytes is no size; write for example 256MB/,
    ],
    ['target:', 'chunk: { rows: 0 }\ntarget:', /^shop\.yaml:10:10 chunk\.rows .*at least 1/],
    [
      'target:',
      'sync: { margin: soon }\ntarget:',
      /^shop\.yaml:10:9 sync\.margin .*length of time/,
    ],
    ['target:', 'load: { parts: 65 }\ntarget:', /^shop\.yaml:10:9 load\.parts .*at most 64/],
    ['target:', 'load: { commit: maybe }\ntarget:', /load\.commit\b.*two-phase.*single/],
    [
      'target:',
      'types: { numeric: "DECIMAL(39,2)" }\ntarget:',
      /types\.numeric\b.*at most 38 digits/,
    ],
    [
      'target:',
      'types: { numeric: float }\ntarget:',
      /types\.numeric\b.*is no choice; write string/,
    ],
    ['target:', 'tables: [{ watermark: a }]\ntarget:', /tables\[0\]\.name is missing/],
    ['target:', 'tables: [{ name: a.b, key: [] }]\ntarget:', /tables\[0\]\.key is empty/],
    [
      'target:',
      'tables: [{ name: a.b, sweep: true }]\ntarget:',
      /tables\[0\]\.sweep\b.* is not a setting/,
    ],
    [
      'target:',
      'tables: [{ name: a.b, columns: { c: { misfit: round } } }]\ntarget:',
      /tables\[0\]\.columns\.c\.misfit\b.*reject.*null.*clamp.*truncate/,
    ],
    ['ledger:\n  connection: postgres://drover@db2/ledger\n', '', /ledger is missing/],
  ])(
    'with %j replaced by %j is refused with its place and what to write',
    async (line, instead, told) => {
      const faults = await faultsOf(having(line, instead));
      expect(faults.filter((fault) => told.test(fault))).toHaveLength(1);
      expect(faults.join('\n')).not.toContain('s3cret');
    },
  );

  test('tells all of its faults at once', async () => {
    const text = having('  user: drover', '  usr: drover').replace('[shop]', '[{ name: "" }]');
    expect((await faultsOf(`${text}types: { misfit: never }\n`)).length).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['s3://x', false],
    ['http://doris:8030', true],
    ['https://doris:8050/', true],
    ['http://[::1]:8030', true],
    ['http://doris:8030?user=x', false],
    ['http://doris:8030#x', false],
    ['http://doris:8030\r\nX: y', false],
    ['http://do ris:8030', false],
  ])('says of the node %j: %s', (node, fine) => {
    const { success } = warehouseSpecSchema.shape.target.safeParse({ fe: node, user: 'root' });
    expect(success).toBe(fine);
  });
});
