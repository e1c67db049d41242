import { DroverError } from '@drover/core';
import { MAX_NAME_BYTES } from '@drover/postgres';
import type { PivotSpec } from './spec.ts';

/** Postgres' own columns, which no table can have again. */
const SYSTEM_COLUMNS = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

/** Where a channel goes. */
export type ChannelHome =
  | { readonly kind: 'group'; readonly group: number }
  | { readonly kind: 'ignored' }
  | {
      readonly kind: 'rejected';
      readonly rule: 'channel-outside-groups' | 'channel-name';
      readonly reason: string;
    };

export interface GroupPlan {
  readonly name: string;
  readonly title: string | undefined;
}

/**
 * Assigns channels to groups and groups to tables, by the file alone. The first group that lists a
 * channel has it; else the first whose pattern matches; else `outside` decides.
 */
export class Layout {
  readonly groups: readonly GroupPlan[];
  readonly #pattern: string;
  readonly #timeColumn: string;
  readonly #listed = new Map<string, number>();
  readonly #patterns: readonly { group: number; expression: RegExp }[];
  readonly #outside: ChannelHome;
  readonly #homes = new Map<string, ChannelHome>();

  /** @param lists contents of the channel list files, by the name that the file gives them. */
  constructor(spec: PivotSpec, lists: ReadonlyMap<string, string>) {
    this.groups =
      spec.groups.length === 0
        ? [{ name: '', title: undefined }]
        : spec.groups.map(({ name, title }) => ({ name, title }));
    this.#pattern = spec.target.table;
    this.#timeColumn = spec.source.columns.time;
    this.#patterns = spec.groups.flatMap((group, index) =>
      patternsOf(group.channels).map((expression) => ({ group: index, expression })),
    );
    for (const [index, group] of spec.groups.entries()) {
      for (const channel of listOf(group.channels, lists)) {
        const other = this.#listed.get(channel);
        if (other !== undefined && other !== index) {
          throw new DroverError('FILE_INVALID', {
            message: `Channel "${channel}" is listed in group ${this.groups[other]?.name} and in group ${group.name}.`,
            hint: 'List each channel in one group only.',
          });
        }
        this.#listed.set(channel, index);
      }
    }
    this.#outside = outsideHome(spec);
  }

  home(channel: string): ChannelHome {
    let home = this.#homes.get(channel);
    if (home === undefined) {
      home = this.#find(channel);
      this.#homes.set(channel, home);
    }
    return home;
  }

  tableName(ship: string, group: number): string {
    return this.#pattern.replaceAll(/\{(ship|group)\}/g, (_, key: string) =>
      key === 'ship' ? ship : (this.groups[group]?.name ?? ''),
    );
  }

  #find(channel: string): ChannelHome {
    const fault = columnNameFault(channel, this.#timeColumn);
    if (fault !== null) return { kind: 'rejected', rule: 'channel-name', reason: fault };
    const listed = this.#listed.get(channel);
    if (listed !== undefined) return { kind: 'group', group: listed };
    const match = this.#patterns.find(({ expression }) => expression.test(channel));
    return match === undefined ? this.#outside : { kind: 'group', group: match.group };
  }
}

/** Why a channel id cannot be a column, or null where it can. */
export function columnNameFault(channel: string, timeColumn: string): string | null {
  if (channel === '') return 'the channel id is empty';
  if (channel === timeColumn) return `the channel is named like the time column, ${timeColumn}`;
  if (SYSTEM_COLUMNS.has(channel)) return `${channel} is a system column of Postgres`;
  const bytes = Buffer.byteLength(channel);
  if (bytes > MAX_NAME_BYTES) {
    return `the channel id has ${bytes} bytes, a column name at most ${MAX_NAME_BYTES}`;
  }
  return null;
}

function outsideHome(spec: PivotSpec): ChannelHome {
  const { policy, group } = spec.outside;
  if (spec.groups.length === 0) return { kind: 'group', group: 0 };
  if (policy === 'ignore') return { kind: 'ignored' };
  if (policy === 'reject') {
    return {
      kind: 'rejected',
      rule: 'channel-outside-groups',
      reason: 'no group of the migration file has this channel',
    };
  }
  if (group === undefined) return { kind: 'group', group: spec.groups.length - 1 };
  return { kind: 'group', group: spec.groups.findIndex((candidate) => candidate.name === group) };
}

type Channels = PivotSpec['groups'][number]['channels'];

function listOf(channels: Channels, lists: ReadonlyMap<string, string>): string[] {
  if ('list' in channels) return channels.list;
  if (!('file' in channels)) return [];
  const text = lists.get(channels.file);
  if (text === undefined) {
    throw new DroverError('FILE_INVALID', {
      message: `The channel list ${channels.file} was not read.`,
    });
  }
  return text.split(/\r?\n/).filter((line) => line !== '');
}

function patternsOf(channels: Channels): RegExp[] {
  if ('glob' in channels) return channels.glob.map(globExpression);
  if (!('regex' in channels)) return [];
  return channels.regex.map((text) => new RegExp(text, 'u'));
}

/** `**` matches anything, `*` anything but a slash, `?` one character but a slash. */
function globExpression(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*|\*|\?|[\\^$+.()|{}[\]]/gu, (token) => {
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    return `\\${token}`;
  });
  return new RegExp(`^${source}$`, 'su');
}
