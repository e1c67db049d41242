import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';

/** Whether a process of this id runs; one that ended and was not yet collected does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const status = `/proc/${pid}/status`;
    return !existsSync(status) || !/^State:.*zombie/m.test(readFileSync(status, 'utf8'));
  } catch {
    return false;
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether a connection to `host` is accepted on the port of `url`. */
export async function accepts(url: string, host: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Sends one inline command to a Redis server and returns all it answers. */
export async function askRedis(url: string, command: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(`${command}\r\nQUIT\r\n`);
  let answer = '';
  for await (const part of socket.setEncoding('utf8')) answer += part;
  return answer;
}

export async function redisProcessId(url: string): Promise<number> {
  return Number(/process_id:(\d+)/.exec(await askRedis(url, 'INFO server'))?.[1]);
}
