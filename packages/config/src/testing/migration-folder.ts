import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  connectionShape,
  DroverError,
  durationSchema,
  type MigrationSpec,
  migrationFileShape,
  momentSchema,
  type PipelineDefinition,
} from '@drover/core';
import { z } from 'zod';
import { type LoadedMigration, loadMigration } from '../load-migration.ts';

/** A schema that has one of each: what the real ones are made of. */
const specSchema = z.strictObject({
  ...migrationFileShape,
  pipeline: z.literal('pivot'),
  source: z.strictObject({
    ...connectionShape,
    table: z.string().min(1).describe('What to read.'),
  }),
  index: z.enum(['btree', 'brin']).default('btree'),
  parallel: z.number().int().min(1).max(8).default(1),
  strict: z.boolean().default(true),
  ships: z.union([z.literal('all'), z.array(z.string()).min(1)]).default('all'),
  channels: z
    .array(
      z.union([
        z.strictObject({ file: z.string().min(1) }),
        z.strictObject({ list: z.array(z.string()).min(1) }),
      ]),
    )
    .default([]),
  length: durationSchema.prefault('24h'),
  from: momentSchema.optional(),
  /** Quotes what it is given, as a careless schema would. */
  label: z
    .string()
    .superRefine((text, context) => {
      if (text !== 'fine')
        context.addIssue({ code: 'custom', message: `"${text}" is not fine; mend it` });
    })
    .optional(),
});

type Spec = MigrationSpec & z.output<typeof specSchema>;

const definition: PipelineDefinition<Spec> = {
  kind: 'pivot',
  schema: specSchema,
  listFiles: (spec) => spec.channels.flatMap((one) => ('file' in one ? [one.file] : [])),
  ledgerConnection: (spec) => spec.source.connection,
  create: () => {
    throw new Error('these tests make no pipeline');
  },
};

export const MINIMAL = `name: ships
pipeline: pivot
queue:
  url: redis://localhost
source:
  connection: postgres://drover@db1/ships
  table: samples
`;

async function loadSmallPipeline(kind: string): Promise<PipelineDefinition> {
  if (kind === 'broken') throw new TypeError('a pipeline that cannot be loaded');
  if (kind !== 'pivot') {
    throw new DroverError('FILE_INVALID', {
      message: `There is no pipeline "${kind}".`,
      hint: 'Write pivot.',
    });
  }
  return definition;
}

/** A folder of its own for a migration file and what lies beside it. */
export class MigrationFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'drover-config-'));

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  write(name: string, content: string | Uint8Array): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  load(name = 'ships.yaml'): Promise<LoadedMigration> {
    return loadMigration(join(this.path, name), loadSmallPipeline);
  }

  /** The lines of the error that loading ends in. */
  async faults(name = 'ships.yaml'): Promise<string[]> {
    const error = await this.load(name).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof DroverError) || error.code !== 'FILE_INVALID') {
      throw new Error('expected FILE_INVALID', { cause: error });
    }
    return error.message.split('\n');
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What is said of a file with this text and nothing beside it. */
export async function faultsOf(text: string, name = 'ships.yaml'): Promise<string[]> {
  using folder = new MigrationFolder({ [name]: text });
  return await folder.faults(name);
}
