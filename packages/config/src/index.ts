export { type LoadedMigration, loadMigration } from './load-migration.ts';
export { readTextFile } from './read-text.ts';
export { systemHost } from './system-host.ts';
export { readVariables, referencesIn, type Variable } from './variables.ts';
