export { DROVER_VERSION, logCommandStart } from './command-start.ts';
export { createLog, type LogLevel, type LogOptions, type ProcessLog } from './create-log.ts';
export { bytes, count, duration, table } from './human.ts';
export { fileStamp, LOG_FILES_KEPT, type LogFile, listLogFiles } from './log-files.ts';
export { ProcessHealthMeter } from './process-health.ts';
export { createProgressBar, type ProgressBar, type ProgressState } from './progress-bar.ts';
export { isSecretKey, passwordsIn } from './secret-patterns.ts';
export { textWithoutSecrets } from './text-without-secrets.ts';
