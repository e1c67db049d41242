export { createLog, type LogLevel, type LogOptions, type ProcessLog } from './create-log.ts';
export { bytes, count, duration, table } from './human.ts';
export { type LogFile, listLogFiles } from './log-files.ts';
export { createProgressBar, type ProgressBar, type ProgressState } from './progress-bar.ts';
