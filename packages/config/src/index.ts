export { type LoadedMigration, loadMigration } from './load-migration.ts';
export { systemHost } from './system-host.ts';
