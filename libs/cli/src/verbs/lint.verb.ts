import type { Command } from 'commander';
import type { ConfigProblem, LintFinding, SettingsSlice } from 'millrace/config';
import { MillraceError } from 'millrace/errors';
import type { Cli } from '../cli';
import { EXIT_CODES } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { configLib, pipelineLib } from '../lazy';
import type { Column } from '../output/columns';
import type { Perform } from '../program';
import { servicesOf } from './config.verb';
import type { ServiceOptions } from './config.verb';

interface LintOptions extends ServiceOptions {
  readonly strict?: boolean;
}

/** One thing that is wrong or unwise. */
interface Finding {
  readonly service: string;
  /** `refuse` stops the start of the service, `allowed` would without `CONFIG_ALLOW`. */
  readonly severity: LintFinding['severity'];
  readonly variable: string;
  readonly code: string;
  readonly reason: string;
  /** What happens if nobody changes it; null where the value itself is wrong. */
  readonly danger: string | null;
  readonly fix: string | null;
}

const COLUMNS: ReadonlyArray<Column<Finding>> = [
  { name: 'service', value: ({ service }) => service },
  { name: 'severity', value: ({ severity }) => severity },
  { name: 'variable', value: ({ variable }) => variable },
  { name: 'code', value: ({ code }) => code },
  { name: 'reason', value: ({ reason }) => reason },
  { name: 'danger', value: ({ danger }) => danger },
  { name: 'try', value: ({ fix }) => fix },
];

/** `lint`: what is wrong or unwise in the configuration, without a server. */
export function registerLint(program: Command, perform: Perform): void {
  program
    .command('lint')
    .description(
      'what is wrong or unsafe in the settings; exit 1 when a service would refuse to start',
    )
    .option('--service <name>', 'one service of the project; default: all')
    .option('--strict', 'exit 1 for warnings too')
    .action((options: LintOptions) => perform((cli) => lint(cli, options)));
}

async function lint(cli: Cli, options: LintOptions): Promise<ExitCode> {
  const services = servicesOf(cli, options);
  const findings = services.flatMap(([service, slices]) => findingsOf(cli, service, slices));
  await print(cli, findings);
  if (findings.length === 0) cli.output.note(`${services.length} services, nothing found`);
  const isWrong = findings.some(({ severity }) => severity === 'refuse' || options.strict === true);
  return isWrong ? EXIT_CODES.finding : EXIT_CODES.ok;
}

/** On a terminal a finding is a paragraph: what it says is longer than a line. */
async function print(cli: Cli, findings: readonly Finding[]): Promise<void> {
  if (cli.output.format !== 'table') {
    await cli.output.rows(COLUMNS, findings);
    return;
  }
  for (const { service, severity, variable, code, reason, danger, fix } of findings) {
    await cli.output.paragraph([
      `${severity}  ${service}  ${variable}: ${reason} (${code})`,
      ...(danger === null ? [] : [`  danger  ${danger}`]),
      ...(fix === null ? [] : [`  try     ${fix}`]),
    ]);
  }
}

function findingsOf(cli: Cli, service: string, slices: readonly SettingsSlice[]): Finding[] {
  try {
    const knownPrefixes = pipelineLib().knownPrefixesOf(slices);
    const sources = cli.sourcesOf(slices);
    const settings = configLib().loadSettings({ ...sources, knownPrefixes, unsafe: 'tell' });
    return settings.warnings.map((finding) => ({ service, ...finding }));
  } catch (error) {
    const problems = problemsOf(error);
    if (problems === undefined) throw error;
    return problems.map((problem) => ({ service, ...asFinding(problem) }));
  }
}

/** @returns undefined when it is no error about the values. */
function problemsOf(error: unknown): ReadonlyArray<ConfigProblem | LintFinding> | undefined {
  const problems = error instanceof MillraceError ? error.facts['problems'] : undefined;
  return problems as ReadonlyArray<ConfigProblem | LintFinding> | undefined;
}

function asFinding(problem: ConfigProblem | LintFinding): Omit<Finding, 'service'> {
  if ('danger' in problem) return problem;
  const code = problem.code ?? configLib().ConfigInvalidError.definition.code;
  return { ...problem, code, severity: 'refuse', danger: null, fix: null };
}
