import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Random } from './random.ts';
import { CHANNELS_OF_LAST_GROUP } from './source-rows.ts';

/** What differs from round to round. */
export interface MigrationShape {
  readonly ships: 'apart' | 'together';
  readonly columnType: 'native' | 'text';
  readonly grouped: boolean;
}

export function drawMigrationShape(random: Random): MigrationShape {
  return {
    ships: random.pick(['apart', 'together']),
    columnType: random.pick(['native', 'text']),
    grouped: random.next() < 0.5,
  };
}

/** In every key of the queue. */
export const QUEUE_PREFIX = 'chaos';

export const TARGET_SCHEMA = 'wide';

const reference = (name: string) => `\${${name}}`;

/** Writes the migration file and the environment beside it, as a user has them. */
export function writeMigration(
  folder: string,
  of: {
    name: string;
    shape: MigrationShape;
    environment: Readonly<Record<string, string>>;
  },
): void {
  const { ships, columnType, grouped } = of.shape;
  const groups = [
    { name: 'rest', channels: { glob: '**' } },
    { name: 'last', channels: { list: CHANNELS_OF_LAST_GROUP } },
  ];
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'migration.yaml'),
    stringify({
      name: of.name,
      pipeline: 'pivot',
      source: { connection: reference('SOURCE_URL') },
      target: { connection: reference('TARGET_URL'), schema: TARGET_SCHEMA, columnType },
      queue: { url: reference('QUEUE_URL'), prefix: QUEUE_PREFIX },
      ...(grouped ? { groups } : {}),
      // As many chunks either way: an hour of one ship, or a part of an hour of all four.
      chunk: { ships, length: ships === 'apart' ? '1h' : '15m' },
      // A round has more faults than a year: what is tested is that none of them changes the result.
      attempts: { max: 50, firstPause: '100ms', longestPause: '1s' },
    }),
  );
  const variables = Object.entries(of.environment).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, '.env'), variables.join(''));
}

/** The wide table in which a channel of a ship is expected. */
export function wideTable(shape: MigrationShape, ship: string, channel: string): string {
  const group = CHANNELS_OF_LAST_GROUP.includes(channel) ? 'last' : 'rest';
  return `tbl_data_timeseries_${ship}${shape.grouped ? `_${group}` : ''}`;
}
