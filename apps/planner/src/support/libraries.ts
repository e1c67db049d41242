import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Section } from './section.ts';

/** Library to the package that brings it along. */
const LIBRARIES: Readonly<Record<string, string>> = {
  bullmq: '@drover/queue',
  ioredis: '@drover/queue',
  pg: '@drover/postgres',
  pino: '@drover/telemetry',
};

export const librariesSection: Section = {
  title: 'Libraries',
  holds: `installed versions of ${Object.keys(LIBRARIES).join(', ')}`,
  fill() {
    const versions = Object.entries(LIBRARIES).map(
      ([library, owner]) => `${library} ${versionOf(library, owner) ?? 'is not installed'}`,
    );
    return { summary: versions.join(', '), text: versions.join('\n') };
  },
};

/** As the owner finds it: two versions of a library may be installed. */
function versionOf(library: string, owner: string): string | null {
  const ownerModule = createRequire(import.meta.url).resolve(owner);
  const folders = createRequire(ownerModule).resolve.paths(library) ?? [];
  const files = folders.map((folder) => join(folder, library, 'package.json'));
  const file = files.find((path) => existsSync(path));
  if (file === undefined) return null;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
