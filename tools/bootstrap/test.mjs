// @ts-check
// `npm test`: everything from a fresh clone, on real servers. Runs before anything is installed.
import { nodeVersionProblem } from './node-version.mjs';

const problem = nodeVersionProblem();
if (problem) {
  console.error(problem);
  process.exit(1);
}

const { test } = await import('./test-steps.mjs');
process.exitCode = await test(process.argv.slice(2));
