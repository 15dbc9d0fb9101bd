// @ts-check
// `npm start`: from a fresh clone to the main job on real servers. Runs before anything is installed.
import { nodeVersionProblem } from './node-version.mjs';

const problem = nodeVersionProblem();
if (problem) {
  console.error(problem);
  process.exit(1);
}

const { start } = await import('./start-steps.mjs');
process.exitCode = await start(process.argv.slice(2));
