export { AttemptsInHand } from './attempts-in-hand.ts';
export { Coordinator, type CoordinatorParts } from './coordinator.ts';
export type { AttemptLimits } from './decision.ts';
export { executeDelivery, type Workshop } from './execute-delivery.ts';
export { buildReport, type Report, type VerificationResult } from './report.ts';
export { runsToVerify, type StartParts, startRun } from './start-run.ts';
export { readStatus, type Status } from './status.ts';
