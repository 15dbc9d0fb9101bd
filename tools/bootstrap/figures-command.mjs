// @ts-check
import { join } from 'node:path';
import { PROJECT_ROOT } from '../engines/paths.mjs';
import {
  formatReports,
  readJestReport,
  readResults,
  runScenarios,
  scenarioCommand,
} from './scenario-run.mjs';
import { sumUpScenarios } from './scenario-summary.mjs';

/**
 * Runs one project of scenarios that leave figures; in full each writes `docs/reports/<name>.md`.
 *
 * @param {Parameters<typeof scenarioCommand>[0]} command
 */
export const figuresCommand = (command) =>
  scenarioCommand(command, async (flags, environment, seconds) => {
    const { project } = command;
    const { short: isShort, seed, only } = flags;
    const env = {
      ...environment,
      RELIABILITY_BUILT: '1',
      ...(isShort ? {} : { SCENARIO_REPORTS: '1' }),
    };
    const files = only === undefined ? [] : ['--testPathPatterns', only];
    const code = await runScenarios(project, env, files);
    const summary = {
      ...sumUpScenarios(readResults(project), readJestReport(project), code),
      ...{ seed, seconds: seconds() },
    };
    if (!isShort) await formatReports(join(PROJECT_ROOT, 'docs', 'reports'));
    console.log(JSON.stringify(summary));
    return summary.verdict === 'ok' ? 0 : 1;
  });
