import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { count, listLogFiles, table } from '@drover/telemetry';
import { Command } from 'commander';
import { jsonOption, logsOption } from '../options.ts';
import { note, print, printJson } from '../print.ts';
import type { MakeVerb } from './verb.ts';

interface LogsOptions {
  logs: string;
  task?: string;
  follow: boolean;
  errors: boolean;
  successes: boolean;
  counts: boolean;
  json: boolean;
}

const POLL_MS = 500;

/** What a chunk's successful end is logged as. */
const SUCCESSES = new Set(['chunk done', 'chunk verified', 'run ended']);
const ERRORS = new Set(['warn', 'error', 'fatal']);

export const logsVerb: MakeVerb = (verb) =>
  new Command('logs')
    .description('Show the log files of this machine, all processes together, in order of time.')
    .addOption(logsOption())
    .option('--task <name>', 'only processes of this task: run, worker, verify, ...')
    .option('--follow', 'go on with what is written from now on', false)
    .option('--errors', 'only warnings and errors', false)
    .option('--successes', 'only chunks and runs that ended well', false)
    .option('--counts', 'count lines by level and message instead of showing them', false)
    .addOption(jsonOption())
    .action(verb(logs));

interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly raw: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

async function logs(options: LogsOptions): Promise<number> {
  const positions = new Map<number, number>();
  const lines = (await readNew(options, positions)).filter((line) => wanted(line, options));
  if (options.counts) {
    if (options.json) printJson(countsOf(lines));
    else if (lines.length > 0) print(countsText(lines));
    else note(nothing(options));
    return 0;
  }
  if (lines.length === 0) note(nothing(options));
  for (const line of lines) print(options.json ? line.raw : lineText(line));
  while (options.follow) {
    await pause(POLL_MS);
    for (const line of await readNew(options, positions)) {
      if (wanted(line, options)) print(options.json ? line.raw : lineText(line));
    }
  }
  return 0;
}

function nothing(options: LogsOptions): string {
  const filtered = options.errors || options.successes || options.task !== undefined;
  return `No ${filtered ? 'such line' : 'line'} in the log files of the folder ${options.logs}.`;
}

/**
 * Lines written since the positions, in order of time; the positions move on. A position belongs to the
 * file's inode: a file that is rotated away keeps it under its new name.
 */
async function readNew(options: LogsOptions, positions: Map<number, number>): Promise<Line[]> {
  const lines: Line[] = [];
  for (const file of listLogFiles(options.logs)) {
    if (options.task !== undefined && file.task !== options.task) continue;
    await using handle = await open(file.path);
    const { ino, size } = await handle.stat();
    const known = positions.get(ino) ?? 0;
    const from = size < known ? 0 : known;
    const text = await readFrom(handle, { from, size });
    // A line that is still being written is left for the next time.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    positions.set(ino, from + Buffer.byteLength(whole));
    lines.push(...whole.split('\n').flatMap(parseLine));
  }
  return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

async function readFrom(
  handle: FileHandle,
  { from, size }: { from: number; size: number },
): Promise<string> {
  const buffer = Buffer.alloc(size - from);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
  return buffer.toString('utf8', 0, bytesRead);
}

function parseLine(raw: string): Line[] {
  if (raw === '') return [];
  const { time, level, msg, pid, hostname, task, ...fields } = JSON.parse(raw) as Record<
    string,
    unknown
  >;
  return [
    {
      time: String(time),
      level: String(level),
      msg: String(msg),
      raw,
      fields: { task, pid, ...fields },
    },
  ];
}

function wanted(line: Line, options: LogsOptions): boolean {
  if (options.errors && !ERRORS.has(line.level)) return false;
  return !options.successes || SUCCESSES.has(line.msg);
}

function lineText(line: Line): string {
  const fields = Object.entries(line.fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${line.time} ${line.level.toUpperCase().padEnd(5)} ${line.msg}  ${fields.join(' ')}`;
}

interface MessageCount {
  readonly level: string;
  readonly message: string;
  readonly lines: number;
}

function countsOf(lines: readonly Line[]): MessageCount[] {
  const counts = new Map<string, MessageCount>();
  for (const { level, msg: message } of lines) {
    const key = `${level} ${message}`;
    counts.set(key, { level, message, lines: (counts.get(key)?.lines ?? 0) + 1 });
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function countsText(lines: readonly Line[]): string {
  const rows = countsOf(lines).map((one) => [one.level, one.message, count(one.lines)]);
  return table(['level', 'message', 'lines'], rows);
}
