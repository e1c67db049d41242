import type { Finding } from '@drover/core';
import type { Database } from '@drover/postgres';
import { checkSchemaRights } from '../../check/check-schema-rights.ts';
import { checkServer } from '../../check/check-server.ts';
import { readServerFacts, type ServerFacts } from '../../check/server-facts.ts';

/** Whether the ledger can be kept where the file says; never in the source unasked. */
export async function* checkLedger(
  ledger: Database,
  source: ServerFacts | null,
): AsyncGenerator<Finding, ServerFacts> {
  const facts = await readServerFacts(ledger);
  yield* checkServer(ledger, 'ledger', facts);
  if (source?.identity === facts.identity && source.database === facts.database) {
    yield {
      level: 'warning',
      rule: 'ledger-in-source',
      subject: 'ledger',
      reason: `the ledger is in ${facts.database}, the database that is moved: Drover makes a schema drover there, and writes to it all the time`,
      fix: 'Name another database in ledger.connection; one that is new is made by: create database drover;',
    };
  }
  const subject = 'ledger schema drover';
  yield* checkSchemaRights(ledger, { schema: 'drover', subject, role: facts.role });
  return facts;
}
