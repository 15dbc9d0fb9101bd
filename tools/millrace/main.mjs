// @ts-check
// `npm run millrace -- VERB`: the command line of libs/cli, with the contracts and settings of the
// reference apps. Installs and builds first where that is needed.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nodeVersionProblem } from '../bootstrap/node-version.mjs';
import { renderEngineError } from '../engines/engine-error.mjs';
import { PROJECT_ROOT } from '../engines/paths.mjs';

const MAIN = 'dist/tools/libs/cli/src/main.js';
const PROJECT = join(PROJECT_ROOT, 'tools/millrace/project.cjs');

/** Standard output is for results: what is built is told beside them. @param {string} line */
const print = (line) => console.error(line);

async function prepare() {
  const problem = nodeVersionProblem();
  if (problem) throw new Error(problem);
  const { installDependencies } = await import('../bootstrap/install.mjs');
  const { ALIASES, TARGETS, build } = await import('../bootstrap/build.mjs');
  await installDependencies({ print });
  await build([TARGETS.tools], { print });
  return join(PROJECT_ROOT, ALIASES);
}

try {
  const aliases = await prepare();
  const require = createRequire(import.meta.url);
  require(aliases);
  const isNamed = process.argv.some((word) => /^--project(=|$)/.test(word));
  if (!isNamed) process.argv.splice(2, 0, '--project', PROJECT);
  require(join(PROJECT_ROOT, MAIN));
} catch (error) {
  console.error(renderEngineError(error));
  process.exitCode = 1;
}
