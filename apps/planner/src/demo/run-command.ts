import { spawn } from 'node:child_process';

/**
 * Runs this program again with the arguments, as a person would type them, on the same terminal.
 * @returns its exit code.
 */
export function runCommand(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const [, program] = process.argv;
  if (program === undefined) throw new Error('The program of this process is unknown.');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
