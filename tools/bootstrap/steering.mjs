// @ts-check
// `npm run test:steering`: what operators do to a running system, on servers of its own. Steps go to
// standard error; the last line of standard output is one JSON object.
import { join } from 'node:path';
import { PROJECT_ROOT } from '../engines/paths.mjs';
import { TARGETS } from './build.mjs';
import {
  formatReports,
  readJestReport,
  readResults,
  runScenarios,
  scenarioCommand,
} from './scenario-run.mjs';
import { sumUpSteering } from './steering-summary.mjs';

const USAGE = `usage: npm run test:steering -- [--short] [--seed N] [--only NAME]

  --short      the form of npm test: fewer records, no report pages
  --seed N     repeats the random choices of a run; default: a new one, which is printed
  --only NAME  spec files whose path has this text; default: all

Without --short scenarios write docs/reports/<name>.md.
Exit code: 0 = ok, 1 = wrong. The last line is one JSON object.`;

const PROJECT = 'steering';
/** The applications too: they are what the command line is tried on. */
const targets = [TARGETS.tools, TARGETS.producer, TARGETS.processor];

await scenarioCommand(
  { project: PROJECT, usage: USAGE, targets },
  async (flags, environment, seconds) => {
    const { short: isShort, seed, only } = flags;
    const env = {
      ...environment,
      RELIABILITY_BUILT: '1',
      ...(isShort ? {} : { STEERING_REPORTS: '1' }),
    };
    const files = only === undefined ? [] : ['--testPathPatterns', only];
    const code = await runScenarios(PROJECT, env, files);
    const summary = {
      ...sumUpSteering(readResults(PROJECT), readJestReport(PROJECT), code),
      ...{ seed, seconds: seconds() },
    };
    if (!isShort) await formatReports(join(PROJECT_ROOT, 'docs', 'reports'));
    console.log(JSON.stringify(summary));
    return summary.verdict === 'ok' ? 0 : 1;
  },
);
