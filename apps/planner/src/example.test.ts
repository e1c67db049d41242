import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadMigration } from '@drover/config';
import { loadPipeline } from '@drover/pipelines';
import { afterEach, describe, expect, test } from 'vitest';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'drover-example-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function loadExample(pipeline: string) {
  const copy = join(folder, pipeline);
  cpSync(join(EXAMPLES, pipeline), copy, { recursive: true });
  renameSync(join(copy, '.env.example'), join(copy, '.env'));
  return loadMigration(join(copy, 'migration.yaml'), loadPipeline);
}

describe('a documented example is a migration file that Drover takes, with the environment beside it', () => {
  test('of a pivot', async () => {
    const loaded = await loadExample('pivot');
    expect(loaded.spec).toMatchObject({ name: 'ship-timeseries', pipeline: 'pivot' });
    expect([...loaded.lists.keys()]).toEqual(['channels/1.txt']);
    expect(loaded.text).not.toContain('source.example');
  });

  test('of a warehouse', async () => {
    const loaded = await loadExample('warehouse');
    expect(loaded.spec).toMatchObject({
      name: 'shop-warehouse',
      pipeline: 'warehouse',
      target: { fe: ['http://doris.example:8030'], password: 'change-me' },
    });
    expect(loaded.text).not.toContain('change-me');
  });
});
