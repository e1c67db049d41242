import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SAMPLE_GROUPS } from '@drover/sample-data';

/** Name of the wide tables' schema in the demo. */
export const DEMO_TARGET_SCHEMA = 'wide';

/**
 * Writes the migration file that a user would write, and a channel list for each group.
 * @returns the text of the file.
 */
export function writeDemoMigration(
  folder: string,
  servers: { readonly postgresUrl: string; readonly queueUrl: string },
): string {
  mkdirSync(join(folder, 'channels'), { recursive: true });
  for (const group of SAMPLE_GROUPS) {
    const names = group.channels.map((channel) => channel.name);
    writeFileSync(join(folder, 'channels', `${group.name}.txt`), `${names.join('\n')}\n`);
  }
  const groups = SAMPLE_GROUPS.map(
    ({ name, title }) =>
      `  - { name: ${name}, title: ${title}, channels: { file: channels/${name}.txt } }\n`,
  );
  const text = `name: demo
pipeline: pivot
queue:
  url: ${servers.queueUrl}
source:
  connection: ${servers.postgresUrl}
  schema: tenant
  table: tbl_data_timeseries
target:
  connection: ${servers.postgresUrl}
  schema: ${DEMO_TARGET_SCHEMA}
  table: tbl_data_timeseries_{ship}_{group}
groups:
${groups.join('')}chunk:
  length: 5m
`;
  writeFileSync(join(folder, 'migration.yaml'), text);
  return text;
}
