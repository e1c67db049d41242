import { DroverError } from '@drover/core';
import type { Relation } from './catalogue.ts';
import type { WarehouseSpec } from './spec.ts';

export interface TableLeft {
  /** `schema.table` */
  readonly table: string;
  readonly why: string;
}

export interface TableChoice {
  readonly chosen: readonly Relation[];
  /** What somebody might expect to be moved, and is not. */
  readonly left: readonly TableLeft[];
}

interface Catalogue {
  readonly schemas: readonly string[];
  readonly relations: readonly Relation[];
}

interface SchemaChoice {
  readonly name: string;
  readonly tables: readonly string[] | null;
  readonly exclude: readonly string[];
  readonly excludeRegex: readonly string[];
}

/**
 * The relations that the file asks for. Partitions go with their table, unless the file lists them by name;
 * what an extension made goes only where it is listed.
 * @throws DroverError FILE_INVALID where the file names a schema or a table that the source lacks, or asks
 *   for the same rows twice.
 */
export function chooseTables(catalogue: Catalogue, spec: WarehouseSpec): TableChoice {
  const chosen: Relation[] = [];
  const left: TableLeft[] = [];
  for (const choice of schemaChoices(catalogue.schemas, spec)) {
    const inSchema = catalogue.relations.filter((relation) => relation.schema === choice.name);
    refuseMissing(choice, inSchema);
    for (const relation of inSchema) {
      const why = reasonToLeave(relation, choice, spec);
      if (why === null) chosen.push(relation);
      else if (why !== '') left.push({ table: nameOf(relation), why });
    }
    for (const name of choice.exclude) {
      if (inSchema.some((relation) => relation.name === name)) continue;
      left.push({
        table: `${choice.name}.${name}`,
        why: 'excluded, but the source has no such table',
      });
    }
  }
  refuseTwice(chosen, catalogue.relations);
  refuseUnknownExceptions(catalogue, spec);
  return { chosen, left };
}

export const nameOf = ({ schema, name }: Pick<Relation, 'schema' | 'name'>): string =>
  `${schema}.${name}`;

/** @throws DroverError FILE_INVALID */
function schemaChoices(schemas: readonly string[], spec: WarehouseSpec): readonly SchemaChoice[] {
  const { schemas: wanted, excludeSchemas } = spec.source;
  if (wanted === 'all') {
    return schemas
      .filter((name) => !excludeSchemas.includes(name))
      .map((name) => ({ name, tables: null, exclude: [], excludeRegex: [] }));
  }
  for (const [place, { name }] of wanted.entries()) {
    if (!schemas.includes(name)) {
      throw new DroverError('FILE_INVALID', {
        message: `source.schemas names ${name}, which is no schema of the source that could be moved.`,
        hint: `Its schemas are ${listed(schemas)}.`,
      });
    }
    if (wanted.findIndex((other) => other.name === name) !== place) {
      throw new DroverError('FILE_INVALID', { message: `source.schemas names ${name} twice.` });
    }
  }
  return wanted;
}

function refuseMissing(choice: SchemaChoice, inSchema: readonly Relation[]): void {
  for (const name of choice.tables ?? []) {
    if (inSchema.some((relation) => relation.name === name)) continue;
    throw new DroverError('FILE_INVALID', {
      message: `source.schemas names the table ${name}, which schema ${choice.name} does not have.`,
      hint: `Its tables are ${listed(inSchema.filter((one) => one.partitionOf === null).map((one) => one.name))}.`,
    });
  }
}

/** null where it is moved, '' where it is left without a word. */
function reasonToLeave(
  relation: Relation,
  choice: SchemaChoice,
  spec: WarehouseSpec,
): string | null {
  const byName = choice.tables?.includes(relation.name) === true;
  if (choice.tables !== null && !byName) return '';
  if (relation.partitionOf !== null && !byName) return '';
  if (choice.exclude.includes(relation.name)) return 'excluded by name';
  const pattern = choice.excludeRegex.find((text) => new RegExp(text, 'u').test(relation.name));
  if (pattern !== undefined) return `excluded by the expression ${pattern}`;
  if (relation.extension !== null && !byName) {
    return `belongs to the extension ${relation.extension}; list it under tables to move it`;
  }
  const copied = relation.kind !== 'view' && relation.kind !== 'foreign table';
  if (copied || spec.source.views === 'copy') return null;
  if (!byName) return `a ${relation.kind}, and source.views is skip`;
  throw new DroverError('FILE_INVALID', {
    message: `source.schemas names ${nameOf(relation)}, which is a ${relation.kind}, and source.views is skip.`,
    hint: 'Set source.views to copy, or take it off the list.',
  });
}

/** A partition that is listed by name, of a table that is moved with all its partitions. */
function refuseTwice(chosen: readonly Relation[], relations: readonly Relation[]): void {
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  for (const partition of chosen) {
    let above = byOid.get(partition.partitionOf ?? '');
    while (above !== undefined) {
      if (chosen.includes(above)) {
        throw new DroverError('FILE_INVALID', {
          message: `source.schemas names ${nameOf(partition)} and ${nameOf(above)}, of which it is a partition: its rows would be moved twice.`,
          hint: 'Name one of the two.',
        });
      }
      above = byOid.get(above.partitionOf ?? '');
    }
  }
}

function refuseUnknownExceptions({ relations }: Catalogue, spec: WarehouseSpec): void {
  const names = new Set(relations.map(nameOf));
  for (const [place, { name }] of spec.tables.entries()) {
    if (!names.has(name)) {
      const [schema = ''] = name.split('.');
      const near = relations.filter((one) => one.schema === schema).map((one) => one.name);
      throw new DroverError('FILE_INVALID', {
        message: `tables names ${name}, which the source does not have.`,
        hint:
          near.length === 0
            ? 'Write it as schema.table.'
            : `In ${schema} there are ${listed(near)}.`,
      });
    }
    if (spec.tables.findIndex((other) => other.name === name) !== place) {
      throw new DroverError('FILE_INVALID', { message: `tables names ${name} twice.` });
    }
  }
}

/** Names that a message may hold at most. */
const MAX_LISTED = 20;

export function listed(names: readonly string[], most = MAX_LISTED): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
