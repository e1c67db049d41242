export { isInstalled } from './install.ts';
export { createPostgresLedger } from './postgres-ledger.ts';
