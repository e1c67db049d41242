/** The queue of a migration, named after the ledger's id for it: paused, limited and cancelled alone. */
export function queueName(migrationId: string): string {
  return `migration-${migrationId}`;
}

/** Where its parked chunks are shown. */
export function deadLetterQueueName(migrationId: string): string {
  return `${queueName(migrationId)}-dead`;
}
