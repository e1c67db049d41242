import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadMigration } from '@drover/config';
import { loadPipeline } from '@drover/pipelines';
import { afterEach, describe, expect, test } from 'vitest';

const EXAMPLE = fileURLToPath(new URL('../../../examples/pivot', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'drover-example-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the documented example', () => {
  test('is a migration file that Drover takes, with the environment that stands beside it', async () => {
    cpSync(EXAMPLE, folder, { recursive: true });
    renameSync(join(folder, '.env.example'), join(folder, '.env'));
    const loaded = await loadMigration(join(folder, 'migration.yaml'), loadPipeline);
    expect(loaded.spec).toMatchObject({ name: 'ship-timeseries', pipeline: 'pivot' });
    expect([...loaded.lists.keys()]).toEqual(['channels/1.txt']);
    expect(loaded.text).not.toContain('source.example');
  });
});
