import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** The checkout: apps and tools run in it. */
export const ROOT = join(__dirname, '../..');

const run = promisify(execFile);

/** Builds the apps when their sources are newer than what is in dist. */
export async function buildApps(): Promise<void> {
  const body = `const { build, TARGETS } = await import('./tools/bootstrap/build.mjs');
    await build([TARGETS.producer, TARGETS.processor], { print: () => undefined });`;
  await run(process.execPath, ['--input-type=module', '--eval', body], {
    cwd: ROOT,
    timeout: 180_000,
  });
}

/** Runs one verb of the engines, as a person would. */
export async function engines(...args: readonly string[]): Promise<void> {
  await run(process.execPath, ['tools/engines/main.mjs', ...args], { cwd: ROOT, timeout: 90_000 });
}

/** Runs a program of this machine. @returns what it wrote, and its exit code. */
export function runProgram(
  program: string,
  args: readonly string[],
  input: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], (error, stdout, stderr) => {
      if (typeof error?.code === 'string')
        reject(new Error(`cannot run ${program}`, { cause: error }));
      else resolve({ code: child.exitCode, output: stdout + stderr });
    });
    child.stdin?.end(input);
  });
}

/** Whether a program is on PATH. */
export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
}
