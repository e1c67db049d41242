// Writes the reference in docs/reference from the code: states, error codes, the migration file, the
// commands. With --check nothing is written, and a page that differs from the code is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CHUNK_EVENT_MEANING,
  CHUNK_STATE_MEANING,
  CHUNK_TRANSITIONS,
  ERROR_TABLE,
  RUN_EVENT_MEANING,
  RUN_STATE_MEANING,
  RUN_TRANSITIONS,
} from '@drover/core';
import { loadPipeline } from '@drover/pipelines';
import { z } from 'zod';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs', 'reference');
const cli = join(root, 'apps', 'planner', 'dist', 'main.js');

const escapeCell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells) => `| ${cells.map(escapeCell).join(' | ')} |`;
const markdownTable = (head, rows) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const page = (title, ...parts) =>
  `# ${title}\n\nMade from the code by \`npm run docs\`; do not edit.\n\n${parts.join('\n\n')}\n`;

function statesPage() {
  return page(
    'States',
    'A state changes only by an event that the table allows; every change is a conditional write in the ledger that says whether it won. An empty cell is a write that loses: nothing changes.',
    ...stateSection('Chunk', CHUNK_STATE_MEANING, CHUNK_EVENT_MEANING, CHUNK_TRANSITIONS),
    ...stateSection('Run', RUN_STATE_MEANING, RUN_EVENT_MEANING, RUN_TRANSITIONS),
  );
}

function stateSection(title, states, events, transitions) {
  return [
    `## ${title}`,
    markdownTable(['state', 'meaning'], Object.entries(states)),
    markdownTable(['event', 'what happened'], Object.entries(events)),
    markdownTable(
      ['state', ...Object.keys(events)],
      Object.keys(states).map((state) => [
        state,
        ...Object.keys(events).map((event) => transitions[state][event] ?? ''),
      ]),
    ),
  ];
}

function errorsPage() {
  return page(
    'Error codes',
    'What Drover does about an error is decided by its code. `retry`: tried again after a pause, one attempt is burnt. `defer`: tried again, no attempt is burnt. `park`: this chunk needs a person, the others go on. `abort`: the run stops and can be resumed.',
    markdownTable(
      ['code', 'policy', 'meaning', 'what to do'],
      Object.entries(ERROR_TABLE).map(([code, { policy, splits, meaning, hint }]) => [
        `\`${code}\``,
        splits ? `${policy}, halved first` : policy,
        meaning,
        hint,
      ]),
    ),
  );
}

function migrationFilePage(pipeline, schema) {
  return page(
    `The migration file of a ${pipeline}`,
    'YAML or JSON. `${NAME}` stands for a variable of the environment, or of a `.env` file beside the migration file (the real environment wins); a password that is written out is refused. `-` as default: the key is needed.',
    markdownTable(['key', 'type', 'default', 'meaning'], optionRows(schema, '')),
  );
}

function optionRows(schema, path) {
  return Object.entries(schema.properties).flatMap(([key, option]) => {
    const name = path === '' ? key : `${path}.${key}`;
    const needed = schema.required?.includes(key) && option.default === undefined;
    const inner = innerObject(option);
    const head = [
      `\`${name}\``,
      typeName(option),
      defaultText(option, needed),
      option.description ?? '',
    ];
    if (inner === null) return [head];
    const rows = optionRows(inner.schema, `${name}${inner.suffix}`);
    return option.type === 'object' && option.description === undefined ? rows : [head, ...rows];
  });
}

/** The object that an option is, or is a list or a map of, or may be. */
function innerObject(option) {
  if (option.properties !== undefined) return { schema: option, suffix: '' };
  const within = (inner, suffix) =>
    inner === null ? null : { ...inner, suffix: `${suffix}${inner.suffix}` };
  if (option.items !== undefined) return within(innerObject(option.items), '[]');
  if (typeof option.additionalProperties === 'object') {
    return within(innerObject(option.additionalProperties), '.*');
  }
  const choices = (option.anyOf ?? []).map(innerObject).filter((choice) => choice !== null);
  if (choices.length === 0) return null;
  const properties = Object.assign({}, ...choices.map(({ schema }) => schema.properties));
  const required = choices.length === 1 ? choices[0].schema.required : Object.keys(properties);
  return { schema: { properties, required }, suffix: choices[0].suffix };
}

function typeName(option) {
  if (option.const !== undefined) return `\`${option.const}\``;
  if (option.enum !== undefined) return option.enum.map((one) => `\`${one}\``).join(', ');
  if (option.anyOf !== undefined) {
    return [...new Set(option.anyOf.map(typeName))].filter((name) => name !== 'any').join(' or ');
  }
  if (option.type === 'array') return `list of ${typeName(option.items)}`;
  if (option.additionalProperties?.properties !== undefined) return 'map of objects';
  if (option.additionalProperties?.type !== undefined) return 'map of text';
  return (
    { string: 'text', integer: 'number', object: 'object' }[option.type] ?? option.type ?? 'any'
  );
}

function defaultText(option, needed) {
  if (needed) return '-';
  if (option.default === undefined) return '';
  return `\`${typeof option.default === 'string' ? option.default : JSON.stringify(option.default)}\``;
}

function commandsPage() {
  const program = help([]);
  const verbs = [...program.matchAll(/^ {2}([a-z]+) /gm)].map(([, verb]) => verb);
  const sections = verbs
    .filter((verb) => verb !== 'help')
    .flatMap((verb) => [`## drover ${verb}`, fenced(help([verb])), ...subcommands(verb)]);
  return page('Commands', fenced(program), ...sections);
}

function subcommands(verb) {
  const listed = /^Commands:\n((?: {2}.*\n?)+)/m.exec(help([verb]))?.[1] ?? '';
  return [...listed.matchAll(/^ {2}([a-z]+) /gm)]
    .filter(([, name]) => name !== 'help')
    .flatMap(([, name]) => [`### drover ${verb} ${name}`, fenced(help([verb, name]))]);
}

const fenced = (text) => `\`\`\`text\n${text.trimEnd()}\n\`\`\``;

function help(verbs) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...verbs, '--help'], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (status !== 0) throw new Error(`drover ${verbs.join(' ')} --help failed: ${stderr}`);
  return stdout;
}

/** The page and the schema of a pipeline's file. */
async function filePages(pipeline, name) {
  const { schema } = await loadPipeline(pipeline);
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return {
    [name]: migrationFilePage(pipeline, json),
    [`${pipeline}.schema.json`]: `${JSON.stringify(json, null, 2)}\n`,
  };
}

const pages = {
  'states.md': statesPage(),
  'errors.md': errorsPage(),
  ...(await filePages('pivot', 'migration-file.md')),
  ...(await filePages('warehouse', 'migration-file-warehouse.md')),
  'commands.md': commandsPage(),
};
const checking = process.argv.includes('--check');
if (!checking) mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  const file = join(folder, name);
  if (!checking) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`docs/reference/${name} is not what the code says: npm run docs\n`);
    process.exitCode = 1;
  }
}
