import cliProgress from 'cli-progress';
import { count, duration } from './human.ts';

export interface ProgressState {
  readonly phase: string;
  readonly chunksDone: number;
  readonly chunksTotal: number;
  readonly rowsPerSecond: number;
  readonly parked: number;
  /** null while nothing tells. */
  readonly etaMs: number | null;
}

export interface ProgressBar {
  show(state: ProgressState): void;
  stop(): void;
}

const FORMAT = '{phase} {bar} {percentage}%  {value}/{total} chunks  {rate} rows/s{parked}{left}';

/** A bar on a terminal; elsewhere nothing, so that a log of the output stays readable. */
export function createProgressBar(stream: NodeJS.WriteStream): ProgressBar {
  if (!stream.isTTY) return { show() {}, stop() {} };
  const bar = new cliProgress.SingleBar({
    format: FORMAT,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    stream,
    clearOnComplete: true,
    autopadding: true,
  });
  let started = false;
  return {
    show(state) {
      const payload = {
        phase: state.phase.padEnd(8),
        rate: count(Math.round(state.rowsPerSecond)),
        parked: state.parked > 0 ? `  ${state.parked} parked` : '',
        // Not `eta`: the library has one of its own.
        left: state.etaMs === null ? '' : `  ${duration(state.etaMs)} left`,
      };
      if (!started) {
        bar.start(Math.max(1, state.chunksTotal), state.chunksDone, payload);
        started = true;
      } else {
        bar.setTotal(Math.max(1, state.chunksTotal));
        bar.update(state.chunksDone, payload);
      }
    },
    stop() {
      if (started) bar.stop();
      started = false;
    },
  };
}
