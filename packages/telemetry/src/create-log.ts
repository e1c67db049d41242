import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Log, LogFields } from '@drover/core';
import { pino } from 'pino';
import pretty from 'pino-pretty';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { logFileName, pruneLogFiles } from './log-files.ts';
import { withoutSecrets } from './without-secrets.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** What the process does, one word: part of the file's name. */
  readonly task: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: Date;
  readonly level: LogLevel;
  /** null: no file. */
  readonly folder: string | null;
  /** Log files of how many processes are kept. */
  readonly keep: number;
  /** What goes to the terminal; null for nothing. */
  readonly terminal: {
    readonly stream: NodeJS.WritableStream;
    readonly level: LogLevel;
    readonly colors: boolean;
  } | null;
}

export interface ProcessLog extends Log, AsyncDisposable {
  /** null where there is none. */
  readonly file: string | null;
}

const MAX_FILE_SIZE = '10M';
const FILES_KEPT = 5;

/** JSON lines into a rotated file, readable lines on the terminal. */
export function createLog(options: LogOptions): ProcessLog {
  const file = options.folder === null ? null : openFile(options, options.folder);
  const streams: pino.StreamEntry[] = [];
  if (file !== null) streams.push({ level: options.level, stream: file.stream });
  if (options.terminal !== null) {
    const { stream, level, colors } = options.terminal;
    streams.push({
      level,
      stream: pretty({
        colorize: colors,
        destination: stream,
        ignore: 'pid,hostname',
        translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
        singleLine: true,
        sync: true,
      }),
    });
  }
  const logger = pino(
    {
      level: 'debug',
      base: { pid: options.pid, hostname: options.host, task: options.task },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(streams),
  );
  return Object.assign(wrap(logger), {
    file: file?.path ?? null,
    async [Symbol.asyncDispose]() {
      logger.flush();
      if (file === null) return;
      await new Promise<void>((resolve) => file.stream.end(() => resolve()));
    },
  });
}

function openFile(
  options: LogOptions,
  folder: string,
): { path: string; stream: RotatingFileStream } {
  mkdirSync(folder, { recursive: true });
  // Room for this process, too.
  pruneLogFiles(folder, Math.max(0, options.keep - 1));
  const name = logFileName({ ...options, at: options.startedAt });
  // Parts are called as the file with .1, .2, ... behind; a generator would be asked in another form.
  const stream = createStream(name, { path: folder, size: MAX_FILE_SIZE, rotate: FILES_KEPT - 1 });
  // A full disk under the logs must not end the work: it is told once, and the terminal goes on.
  stream.on('error', (error) => {
    options.terminal?.stream.write(
      `The log file ${name} is written no further: ${error.message}\n`,
    );
  });
  return { path: join(folder, name), stream };
}

function wrap(logger: pino.Logger): Log {
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      logger[level](withoutSecrets(fields), message);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => wrap(logger.child(withoutSecrets(fields))),
  };
}
