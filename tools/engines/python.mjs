// @ts-check
import { onPath, run } from './run.mjs';

const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const SUITABLE =
  'import sys, venv, ensurepip; v = sys.version_info; print("%d.%d.%d" % v[:3]); sys.exit(not (3, 10) <= v[:2] <= (3, 13))';

/**
 * Finds a Python 3.10 to 3.13 that can make virtual environments; later ones have no wheels of the database yet.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ command: string, version: string } | undefined>}
 */
export async function findPython(env = process.env) {
  for (const name of CANDIDATES) {
    const command = onPath(name, env);
    if (!command) continue;
    const { code, stdout } = await run(command, ['-c', SUITABLE], { env, timeoutMs: 20_000 });
    if (code === 0) return { command, version: stdout.trim() };
  }
  return undefined;
}
