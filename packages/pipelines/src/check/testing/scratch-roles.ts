import { randomUUID } from 'node:crypto';
import { identifier, openDatabase } from '@drover/postgres';

/** Roles of a test. To be disposed of after the databases in which they own or may do anything. */
export interface ScratchRoles extends AsyncDisposable {
  /** A new role that can log in and do nothing else, and the address with which it does. */
  make(databaseUrl: string): Promise<{ readonly name: string; readonly url: string }>;
}

export function scratchRoles(serverUrl: string): ScratchRoles {
  const server = openDatabase(serverUrl, { side: 'test', applicationName: 'drover test', max: 1 });
  const names: string[] = [];
  return {
    async make(databaseUrl) {
      const name = `drover_test_${randomUUID().slice(0, 8)}`;
      await server.query(`create role ${identifier(name)} login password 'secret'`);
      names.push(name);
      const address = new URL(databaseUrl);
      address.username = name;
      address.password = 'secret';
      return { name, url: address.href };
    },
    async [Symbol.asyncDispose]() {
      for (const name of names) await server.query(`drop role ${identifier(name)}`);
      await server.close();
    },
  };
}
