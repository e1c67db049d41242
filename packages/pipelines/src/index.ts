export { loadPipeline } from './registry.ts';
