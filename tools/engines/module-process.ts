import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The checkout; modules are imported relative to it. */
export const ROOT = join(__dirname, '../..');

/**
 * Runs the body of an async function in a Node of its own and answers what it returns.
 *
 * The tools are ES modules that run before anything is installed; Jest loads CommonJS only.
 *
 * @param body - may `await import('./tools/...')`; its result must be JSON.
 * @param env - variables beside those of this process.
 * @throws {Error} with what the process wrote to standard error when it failed.
 */
export function runModule<T>(body: string, env: Readonly<Record<string, string>> = {}): T {
  const code = `process.stdout.write(JSON.stringify(await (async () => {${body}})()) ?? 'null')`;
  const result = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 30_000,
  });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as T;
}
