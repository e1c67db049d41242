import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

async function demo(args: readonly string[]) {
  const temporary = mkdtempSync(join(tmpdir(), 'drover-demo-test-'));
  const child = spawn(process.execPath, [PROGRAM, 'demo', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary },
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const left = readdirSync(temporary);
  rmSync(temporary, { recursive: true, force: true });
  return { output, code: Number(code), left };
}

/** Whether anything answers at the address of a URL in the text. */
function answers(output: string, scheme: string): Promise<boolean> {
  const port = new RegExp(`${scheme}://[^:]*:(\\d+)`).exec(output)?.[1];
  if (port === undefined) throw new Error(`The output names no ${scheme} address.`);
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describe('drover demo', () => {
  test('moves, verifies, finds the spoiled cell, and leaves nothing behind', async () => {
    expect(existsSync(PROGRAM)).toBe(true);
    const { output, code, left } = await demo(['--ships', '2', '--minutes', '11']);
    expect(output).toContain('balance            loaded + rejected + skipped = read: holds');
    expect(output).toMatch(/Verification: PASSED \((\d) of \1 chunks/);
    const spoiled = /in secret\n {2}(SHIP0001), ([^,]+), (.+)\n/.exec(output)?.slice(1);
    expect(spoiled).toHaveLength(3);
    const difference = output.split('\n').find((line) => line.includes('different: '));
    for (const part of spoiled ?? []) expect(difference).toContain(part);
    expect(code).toBe(0);
    expect(left).toEqual([]);
    expect(await answers(output, 'postgres')).toBe(false);
    expect(await answers(output, 'redis')).toBe(false);
  });
});
