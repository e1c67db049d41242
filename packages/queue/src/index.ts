export { installQueue, type QueueAddress } from './backend.ts';
export { type ConsumerOptions, openChunkConsumer } from './chunk-consumer.ts';
export { openChunkQueue } from './chunk-queue.ts';
export { inspectQueue } from './inspect-queue.ts';
