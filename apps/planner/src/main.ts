#!/usr/bin/env node
import '@drover/worker/young-heap';
import { runCommandLine } from './command-line.ts';

// Whoever reads the output may stop reading, as `head` does: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const code = await runCommandLine(process.argv);
process.exitCode = code;
