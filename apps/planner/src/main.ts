#!/usr/bin/env node
import { runCommandLine } from './command-line.ts';

const code = await runCommandLine(process.argv);
process.exitCode = code;
