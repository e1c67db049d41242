/** How the processes of the workers fare. */
export const addWorkerHealth: readonly string[] = [
  `alter table drover.worker add column health jsonb`,
];
