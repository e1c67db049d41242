import { failedAttemptsSection, parkedSection } from './failed-attempts.ts';
import { ledgerSection } from './ledger-tables.ts';
import { librariesSection } from './libraries.ts';
import { logFilesSection } from './log-files.ts';
import { commandSection, machineSection } from './machine.ts';
import { migrationFileSection } from './migration-file.ts';
import { reportFilesSection } from './report-files.ts';
import { chunksSection, runsSection } from './runs.ts';
import type { Section } from './section.ts';
import { findingsSection, serversSection } from './servers.ts';
import { cutoffsSection, workersSection } from './workers.ts';

/** In the order of the file: what tells most at a glance first, the logs, which are long, last. */
export const SECTIONS: readonly Section[] = [
  commandSection,
  machineSection,
  librariesSection,
  serversSection,
  findingsSection,
  migrationFileSection,
  runsSection,
  chunksSection,
  failedAttemptsSection,
  parkedSection,
  workersSection,
  cutoffsSection,
  ledgerSection,
  reportFilesSection,
  logFilesSection,
];
