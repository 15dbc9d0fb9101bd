// @ts-check
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, run } from './run.mjs';

/** Oldest Java that Kafka 4 brokers run on. */
export const JAVA_FLOOR = 17;

/**
 * Finds Java and its version.
 *
 * @param {NodeJS.ProcessEnv} [env] - JAVA_HOME wins over PATH.
 * @returns {Promise<{ command: string, major: number, version: string } | undefined>}
 */
export async function findJava(env = process.env) {
  const home = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : undefined;
  const command = home && existsSync(home) ? home : onPath('java', env);
  if (!command) return undefined;
  const { code, stderr, stdout } = await run(command, ['-version'], { env, timeoutMs: 20_000 });
  const version = /version "([^"]+)"/.exec(stderr + stdout)?.[1];
  return code === 0 && version ? { command, version, major: javaMajor(version) } : undefined;
}

/** @param {string} version - such as 17.0.15 or 1.8.0_392. */
const javaMajor = (version) => Number(/^(?:1\.)?(\d+)/.exec(version)?.[1] ?? 0);
