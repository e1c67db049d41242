#!/usr/bin/env node
import './young-heap.ts';
import { parseArgs } from 'node:util';
import { runWorkerProcess } from './worker-process.ts';

const { values } = parseArgs({
  options: {
    file: { type: 'string', short: 'f' },
    concurrency: { type: 'string', default: '1' },
    'until-run': { type: 'string' },
    grace: { type: 'string', default: '30s' },
    logs: { type: 'string', default: 'logs' },
    quiet: { type: 'boolean', default: false },
  },
});

process.exitCode = await runWorkerProcess({
  file: values.file ?? '',
  concurrency: Number(values.concurrency),
  untilRun: values['until-run'] === undefined ? null : Number(values['until-run']),
  grace: values.grace,
  logs: values.logs,
  quiet: values.quiet,
  exit: (code) => process.exit(code),
});
