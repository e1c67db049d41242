export { type LoadedMigration, loadMigration } from './load-migration.ts';
