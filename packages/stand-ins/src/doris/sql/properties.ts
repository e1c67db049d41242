import { notKnown, refused } from './sql-error.ts';
import type { CreateTable } from './syntax.ts';

/** A DUPLICATE table without keys is asked for by this property (§7). */
export const WITHOUT_KEYS = 'enable_duplicate_without_keys_by_default';

/** Replicas of a table whose statement does not say (§7). */
const DEFAULT_REPLICAS = 3;

const FLAG = /^(?:true|false)$/;

/** Property to the values that are described for it. */
const KNOWN: Readonly<Record<string, RegExp>> = {
  replication_num: /^[1-9]\d*$/,
  replication_allocation: /^tag\.location\.default\s*:\s*[1-9]\d*$/,
  enable_unique_key_merge_on_write: FLAG,
  [WITHOUT_KEYS]: FLAG,
  light_schema_change: FLAG,
  estimate_partition_size: /^\d+[KMGTP]?B?$/i,
  compression: /^(?:LZ4|LZ4F|ZSTD|ZLIB|SNAPPY|NO_COMPRESSION)$/i,
};

/** @throws SqlError for a property that is unknown or does not go with the table, and too many replicas. */
export function checkProperties(
  { properties, model }: Pick<CreateTable, 'properties' | 'model'>,
  aliveBackends: number,
): void {
  for (const [name, value] of properties) {
    const values = KNOWN[name];
    if (values === undefined) throw refused(`Unknown properties: {${name}=${value}}`);
    if (!values.test(value)) throw notKnown(`the value '${value}' of the property ${name}`);
  }
  if (model?.kind !== 'UNIQUE' && properties.has('enable_unique_key_merge_on_write')) {
    throw refused('enable_unique_key_merge_on_write property only support unique key table');
  }
  if (model !== null && properties.has(WITHOUT_KEYS)) {
    throw refused(
      `table property '${WITHOUT_KEYS}' only can set 'true' when create olap table by default.`,
    );
  }
  const replicas = replicasOf(properties);
  if (replicas > aliveBackends) {
    throw refused(
      `Failed to find enough backend, please check the replication num,replication tag and storage medium and avail capacity of backends or maybe all be on same host. Create failed replications: replication num: ${replicas}, available backend num: ${aliveBackends}`,
    );
  }
}

function replicasOf(properties: ReadonlyMap<string, string>): number {
  const allocation = properties.get('replication_allocation')?.split(':').at(-1);
  return Number(properties.get('replication_num') ?? allocation ?? DEFAULT_REPLICAS);
}
