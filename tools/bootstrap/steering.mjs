// @ts-check
// `npm run test:steering`: what operators do to a running system, on servers of its own. Steps go to
// standard error; the last line of standard output is one JSON object.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderEngineError } from '../engines/engine-error.mjs';
import { enginesDown, enginesUp } from '../engines/engines.mjs';
import { DEFAULT_ENGINES_DIR, PROJECT_ROOT } from '../engines/paths.mjs';
import { run } from '../engines/run.mjs';
import { TARGETS, build } from './build.mjs';
import { installDependencies } from './install.mjs';
import { readJestReport, readResults, runScenarios, scenarioEnvironment } from './scenario-run.mjs';
import { sumUpSteering } from './steering-summary.mjs';

const USAGE = `usage: npm run test:steering -- [--short] [--seed N] [--only NAME]

  --short      the form of npm test: fewer records, no report pages
  --seed N     repeats the random choices of a run; default: a new one, which is printed
  --only NAME  spec files whose path has this text; default: all

Without --short scenarios write docs/reports/<name>.md.
Exit code: 0 = ok, 1 = wrong. The last line is one JSON object.`;

const PROJECT = 'steering';
/** Beside those of the other commands. */
const ENGINES_DIR = join(DEFAULT_ENGINES_DIR, PROJECT);
const REPORTS = join(PROJECT_ROOT, 'docs', 'reports');
/** @type {string[]} */
const steps = [];
const print = (/** @type {string} */ line) => {
  steps.push(line);
  console.error(line);
};

/** @param {string[]} args */
function readFlags(args) {
  const { values } = parseArgs({
    args,
    options: {
      short: { type: 'boolean', default: false },
      seed: { type: 'string' },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0) throw new TypeError('--seed is a whole number');
  return { ...values, seed };
}

async function main() {
  let flags;
  try {
    flags = readFlags(process.argv.slice(2));
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (flags.help) return console.log(USAGE);
  try {
    process.exitCode = await steer(flags);
  } catch (error) {
    console.error(renderEngineError(error));
    process.exitCode = 1;
  } finally {
    await enginesDown({ dir: ENGINES_DIR, owned: true, print });
  }
}

/** @param {ReturnType<typeof readFlags>} flags @returns {Promise<number>} the exit code. */
async function steer({ short: isShort, seed, only }) {
  const startedAt = performance.now();
  await installDependencies({ print });
  // The applications too: they are what the command line is tried on.
  await build([TARGETS.tools, TARGETS.producer, TARGETS.processor], { print });
  print(`seed       ${seed}`);
  const engines = await enginesUp({ dir: ENGINES_DIR, owned: true, print });
  const env = {
    ...scenarioEnvironment(engines, { dir: ENGINES_DIR, steps, isShort, seed }),
    RELIABILITY_BUILT: '1',
    ...(isShort ? {} : { STEERING_REPORTS: '1' }),
  };
  const code = await runScenarios(
    PROJECT,
    env,
    only === undefined ? [] : ['--testPathPatterns', only],
  );
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const summary = {
    ...sumUpSteering(readResults(PROJECT), readJestReport(PROJECT), code),
    ...{ seed, seconds },
  };
  if (!isShort) await format();
  console.log(JSON.stringify(summary));
  return summary.verdict === 'ok' ? 0 : 1;
}

async function format() {
  const prettier = join(PROJECT_ROOT, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
  await run(process.execPath, [prettier, '--write', REPORTS]);
}

await main();
