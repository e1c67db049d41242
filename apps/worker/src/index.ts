export { type Drover, openDrover } from './open-drover.ts';
export { type RunningWorker, startWorker, type WorkerOptions } from './worker.ts';
export { runWorkerProcess, type WorkerProcessOptions } from './worker-process.ts';
