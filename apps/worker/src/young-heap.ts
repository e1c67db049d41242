import { setFlagsFromString } from 'node:v8';

/**
 * To be imported first by a program that moves data: keeps the heap for young objects at its first size, in
 * place of letting it grow to 33 MB (128 since Node 24). A worker makes few objects and keeps fewer: more room
 * only means that more memory is resident, and less of it in the processor's cache. It has no effect on what
 * has grown already, hence an import and not a call.
 */
setFlagsFromString('--semi-space-growth-factor=1');
