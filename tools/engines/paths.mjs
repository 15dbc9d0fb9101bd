// @ts-check
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the checkout that this file belongs to. */
export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Where `npm start` and `npm run engines` keep state, data and logs; git-ignored. */
export const DEFAULT_ENGINES_DIR = join(PROJECT_ROOT, '.engines');

/**
 * Resolves the state folder of a set of engines.
 *
 * @param {string} [dir] - relative to the working directory; default `.engines` of the checkout.
 */
export const enginesDir = (dir) => (dir ? resolve(dir) : DEFAULT_ENGINES_DIR);

/**
 * Names the folder for what is fetched once per machine, so that a fresh clone need not fetch it again.
 *
 * @param {NodeJS.ProcessEnv} [env] - XDG_CACHE_HOME is honoured.
 */
export const cacheDir = (env = process.env) =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace');
