// @ts-check
// `npm run test:reliability`: scenarios and negative controls on servers of their own. Steps go to
// standard error; the last line of standard output is one JSON object.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../engines/paths.mjs';
import { TARGETS } from './build.mjs';
import { overviewPage } from './reliability-overview.mjs';
import { sumUp } from './reliability-summary.mjs';
import {
  formatReports,
  readJestReport,
  readResults,
  runScenarios,
  scenarioCommand,
} from './scenario-run.mjs';

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
const REPORTS = join(PROJECT_ROOT, 'docs', 'reports');

/** @param {import('./scenario-run.mjs').ScenarioFlags} flags @returns {string[]} */
function filesOf({ short, only }) {
  const patterns =
    only === undefined ? (short ? SHORT_FILES.map((name) => `/${name}\\.`) : []) : [only];
  return patterns.length === 0 ? [] : ['--testPathPatterns', ...patterns];
}

/** @param {readonly import('./reliability-summary.mjs').ScenarioResult[]} results @param {import('./reliability-summary.mjs').Summary} summary @param {string | undefined} only */
async function writeReports(results, summary, only) {
  if (only === undefined) {
    mkdirSync(REPORTS, { recursive: true });
    writeFileSync(join(REPORTS, 'README.md'), overviewPage(results, summary));
  }
  await formatReports(REPORTS);
}

const targets = [TARGETS.tools];
await scenarioCommand(
  { project: PROJECT, usage: USAGE, targets },
  async (flags, environment, seconds) => {
    const env = { ...environment, ...(flags.short ? {} : { RELIABILITY_REPORTS: '1' }) };
    const code = await runScenarios(PROJECT, env, filesOf(flags));
    const results = readResults(PROJECT);
    const summary = {
      ...sumUp(results, readJestReport(PROJECT), code),
      ...{ seed: flags.seed, seconds: seconds() },
    };
    if (!flags.short) await writeReports(results, summary, flags.only);
    console.log(JSON.stringify(summary));
    return { ok: 0, wrong: 1, inconclusive: 2 }[summary.verdict];
  },
);
