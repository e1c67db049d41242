import type { RunStatistics } from '@drover/engine';
import { bytes, count, duration } from '@drover/telemetry';
import { plural } from './plural.ts';

/** One line. */
export function statisticsText(statistics: RunStatistics): string {
  const { phase, failures, averageChunkMs, slowestChunkMs, rejectedRows } = statistics;
  const rate = failures === 0 ? '' : ` (${statistics.failureRatePercent.toFixed(1)}%)`;
  return [
    `drover: statistics: ${phase}: ${plural(statistics.rows, 'row')}, ${count(Math.round(statistics.rowsPerSecond))} rows/s`,
    `${bytes(statistics.bytesRead)} read, ${bytes(statistics.bytesWritten)} written`,
    `chunks: ${count(statistics.chunksDone)} done, ${count(statistics.chunksParked)} parked` +
      (averageChunkMs === null || slowestChunkMs === null
        ? ''
        : `, ${duration(averageChunkMs)} on average, ${duration(slowestChunkMs)} at most`),
    `${plural(failures, 'failure')}${rate}, ${plural(rejectedRows, 'rejected row')}`,
    `${plural(statistics.workers, 'worker')}: ${bytes(statistics.rssBytesSum)} of memory, GC ${duration(statistics.gcMs)}, loop delay ${duration(statistics.loopDelayMs)}`,
  ].join('; ');
}
