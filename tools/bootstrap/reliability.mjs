// @ts-check
// `npm run test:reliability`: scenarios and negative controls on servers of their own. Steps go to
// standard error; the last line of standard output is one JSON object.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderEngineError } from '../engines/engine-error.mjs';
import { enginesDown, enginesUp } from '../engines/engines.mjs';
import { DEFAULT_ENGINES_DIR, PROJECT_ROOT } from '../engines/paths.mjs';
import { run } from '../engines/run.mjs';
import { TARGETS, build } from './build.mjs';
import { installDependencies } from './install.mjs';
import { overviewPage } from './reliability-overview.mjs';
import { sumUp } from './reliability-summary.mjs';
import { readJestReport, readResults, runScenarios, scenarioEnvironment } from './scenario-run.mjs';

const USAGE = `usage: npm run test:reliability -- [--short] [--seed N] [--only NAME]

  --short      the form of npm test: fewer records, faults and scenarios, no report pages
  --seed N     repeats the faults of a run; default: a new one, which is printed
  --only NAME  spec files whose path has this text; default: all, with --short a choice

Without --short every scenario writes docs/reports/<name>.md, and a run of all writes the overview.
Exit code: 0 = ok, 1 = wrong, 2 = nothing was proven. The last line is one JSON object.`;

/** What the short form runs; the others take longer than a test run should. */
const SHORT_FILES = [
  'verdict',
  'fault-run',
  'controls',
  'outage',
  'sigterm',
  'memory',
  'three-brokers',
];

const PROJECT = 'reliability';
/** Beside those of the other commands: broker and database are stopped on purpose. */
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

/** @param {ReturnType<typeof readFlags>} flags @param {import('../engines/engines.mjs').Engines} engines */
const environment = ({ short: isShort, seed }, engines) => ({
  ...scenarioEnvironment(engines, { dir: ENGINES_DIR, steps, isShort, seed }),
  ...(isShort ? {} : { RELIABILITY_REPORTS: '1' }),
});

/** @param {ReturnType<typeof readFlags>} flags @returns {string[]} */
function filesOf({ short, only }) {
  const patterns =
    only === undefined ? (short ? SHORT_FILES.map((name) => `/${name}\\.`) : []) : [only];
  return patterns.length === 0 ? [] : ['--testPathPatterns', ...patterns];
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
  const startedAt = performance.now();
  try {
    await installDependencies({ print });
    await build([TARGETS.tools], { print });
    print(`seed       ${flags.seed}`);
    const engines = await enginesUp({ dir: ENGINES_DIR, owned: true, print });
    const code = await runScenarios(PROJECT, environment(flags, engines), filesOf(flags));
    const results = readResults(PROJECT);
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    const summary = {
      ...sumUp(results, readJestReport(PROJECT), code),
      ...{ seed: flags.seed, seconds },
    };
    if (!flags.short) await writeReports(results, summary, flags.only);
    console.log(JSON.stringify(summary));
    process.exitCode = { ok: 0, wrong: 1, inconclusive: 2 }[summary.verdict];
  } catch (error) {
    console.error(renderEngineError(error));
    process.exitCode = 1;
  } finally {
    await enginesDown({ dir: ENGINES_DIR, owned: true, print });
  }
}

/** @param {readonly import('./reliability-summary.mjs').ScenarioResult[]} results @param {import('./reliability-summary.mjs').Summary} summary @param {string | undefined} only */
async function writeReports(results, summary, only) {
  if (only === undefined) {
    mkdirSync(REPORTS, { recursive: true });
    writeFileSync(join(REPORTS, 'README.md'), overviewPage(results, summary));
  }
  const prettier = join(PROJECT_ROOT, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
  await run(process.execPath, [prettier, '--write', REPORTS]);
}

await main();
