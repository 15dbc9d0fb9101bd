// @ts-check
import { PROJECT_ROOT } from '../engines/paths.mjs';
import { run } from '../engines/run.mjs';

/**
 * How one part of `npm test` ended; a check counts as one test.
 *
 * @typedef {{ passed: number, failed: number, skipped: number, seconds: number, output: string }} PartResult
 */

const npm = (/** @type {string} */ script) => ['npm', 'run', '--silent', script];

/** The checks that need no test runner: name, and the commands that must end with 0. */
const COMMANDS = {
  // The second looks at the plain modules, which nothing compiles.
  typecheck: [
    npm('typecheck'),
    [
      process.execPath,
      'node_modules/typescript/bin/tsc',
      '-p',
      'tools/bootstrap/tsconfig.modules.json',
    ],
  ],
  lint: [npm('lint')],
  boundaries: [npm('boundaries')],
  format: [npm('format:check')],
};

/** @typedef {keyof typeof COMMANDS} CheckName */

export const CHECKS = /** @type {readonly CheckName[]} */ (Object.keys(COMMANDS));

/**
 * Runs one check.
 *
 * @param {CheckName} name
 * @returns {Promise<PartResult>} with what the tools said when it failed.
 */
export async function runCheck(name) {
  const startedAt = performance.now();
  const output = [];
  for (const [command = '', ...args] of COMMANDS[name]) {
    const result = await run(command, args, { cwd: PROJECT_ROOT });
    if (result.code !== 0)
      output.push(`${result.stdout}${result.stderr}`.trim() || `ended with ${result.code}`);
  }
  const failed = output.length > 0 ? 1 : 0;
  return {
    passed: 1 - failed,
    failed,
    skipped: 0,
    seconds: (performance.now() - startedAt) / 1000,
    output: output.join('\n'),
  };
}
