import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { listLogFiles, table } from '@drover/telemetry';
import { Command } from 'commander';
import { jsonOption, logsOption } from '../options.ts';
import { print } from '../print.ts';
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
  const positions = new Map<string, number>();
  const lines = (await readNew(options, positions)).filter((line) => wanted(line, options));
  if (options.counts) {
    print(countsText(lines));
    return 0;
  }
  for (const line of lines) print(options.json ? line.raw : lineText(line));
  while (options.follow) {
    await pause(POLL_MS);
    for (const line of await readNew(options, positions)) {
      if (wanted(line, options)) print(options.json ? line.raw : lineText(line));
    }
  }
  return 0;
}

/** Lines written since the positions, in order of time; the positions move on. */
async function readNew(options: LogsOptions, positions: Map<string, number>): Promise<Line[]> {
  const lines: Line[] = [];
  for (const file of listLogFiles(options.logs)) {
    if (options.task !== undefined && file.task !== options.task) continue;
    await using handle = await open(file.path);
    const from = positions.get(file.path) ?? 0;
    const text = await readFrom(handle, from);
    // A line that is still being written is left for the next time.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    positions.set(file.path, from + Buffer.byteLength(whole));
    lines.push(...whole.split('\n').flatMap(parseLine));
  }
  return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

async function readFrom(handle: FileHandle, from: number): Promise<string> {
  const { size } = await handle.stat();
  // Rotated meanwhile: what is there now is new.
  const start = size < from ? 0 : from;
  const buffer = Buffer.alloc(size - start);
  await handle.read(buffer, 0, buffer.length, start);
  return buffer.toString('utf8');
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

function countsText(lines: readonly Line[]): string {
  const counts = new Map<string, number>();
  for (const { level, msg } of lines) {
    const key = `${level}\0${msg}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => [...key.split('\0'), String(count)]);
  return table(['level', 'message', 'lines'], rows);
}
