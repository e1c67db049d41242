import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Catalogue, Generation, Table, TransactionLog } from '../store.ts';
import { ClientConnection } from './connection.ts';
import type { Server } from './execute.ts';
import type { Backend, Grants } from './show.ts';
import { refused } from './sql-error.ts';

interface SqlFrontOptions {
  readonly generation: Generation;
  readonly catalogue: Catalogue;
  readonly transactions: TransactionLog;
  readonly backends: () => readonly Backend[];
  readonly user: string;
  readonly password: string;
  /** By default those of an administrator. */
  readonly grants?: Grants;
}

/**
 * The MySQL half of the stand-in: the text protocol on a free port of the loopback interface, several
 * connections at once. Statements that are not described are answered with an error. `close` ends the
 * sessions at once.
 */
export async function startSqlFront(
  options: SqlFrontOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const { generation, catalogue, transactions, backends, user, password } = options;
  const { grants = { global: 'Node_priv,Admin_priv' } } = options;
  const connections = new Map<number, ClientConnection>();
  const server: Server = {
    catalogue,
    transactions,
    backends,
    user,
    grants,
    reportedRows: laggingCounts(),
    kill: (id, what) => {
      const target = connections.get(id);
      if (target === undefined) throw refused(`Unknown thread id: ${id}`, 1094);
      if (what === 'query') target.killQuery();
      else target.close();
    },
  };
  let ids = 0;
  const listener = createServer((socket) => {
    ids += 1;
    const id = ids;
    connections.set(
      id,
      new ClientConnection({ socket, id, generation, credentials: { user, password }, server }),
    );
    socket.on('close', () => connections.delete(id));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    async close() {
      for (const connection of connections.values()) connection.close();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/** Row counts as the backends report them: the first question after a change still gets the old count. */
function laggingCounts(): (table: Table) => bigint {
  const reported = new WeakMap<Table, number>();
  return (table) => {
    const known = reported.get(table) ?? 0;
    reported.set(table, table.count);
    return BigInt(known);
  };
}
