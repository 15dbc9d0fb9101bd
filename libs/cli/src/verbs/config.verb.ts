import type { Command } from 'commander';
import type { EffectiveSetting, SettingsSlice } from 'millrace/config';
import type { Cli } from '../cli';
import { CliUsageError } from '../cli.errors';
import { quoted } from '../input/time';
import { configLib, kafkaLib, mongoLib, pipelineLib } from '../lazy';
import type { Column } from '../output/columns';
import type { Perform } from '../program';

export interface ServiceOptions {
  readonly service?: string;
}

interface Line extends EffectiveSetting {
  readonly service: string;
}

const COLUMNS: ReadonlyArray<Column<Line>> = [
  { name: 'service', value: ({ service }) => service },
  { name: 'variable', value: ({ variable }) => variable },
  { name: 'value', value: ({ value }) => value, shrinks: true },
  { name: 'source', value: ({ source }) => source },
];

/** `config`: effective values with where they are from. */
export function registerConfig(program: Command, perform: Perform): void {
  program
    .command('config')
    .description('effective settings and where they are from; secrets as fingerprints')
    .option('--service <name>', 'one service of the project; default: all')
    .action((options: ServiceOptions) => perform((cli) => config(cli, options)));
}

async function config(cli: Cli, options: ServiceOptions): Promise<void> {
  const { loadSettings } = configLib();
  const lines: Line[] = [];
  for (const [service, slices] of servicesOf(cli, options)) {
    const settings = loadSettings({
      ...cli.sourcesOf(slices),
      // What a service refuses to start with is worth looking at.
      unsafe: 'tell',
    });
    lines.push(...settings.effective().map((setting) => ({ service, ...setting })));
    for (const { variable, reason } of settings.warnings) {
      cli.output.note(`${service}: ${variable}: ${reason}`);
    }
  }
  await cli.output.rows(COLUMNS, lines);
}

/**
 * The settings of the services of the project; without a project, those that every service has.
 *
 * @throws {CliUsageError} CLI_USAGE when there is no service of that name.
 */
export function servicesOf(
  cli: Cli,
  { service }: ServiceOptions,
): ReadonlyArray<readonly [string, readonly SettingsSlice[]]> {
  const all = Object.entries(cli.project?.services ?? { '(any)': slicesOfAny() });
  const chosen = all.filter(([name]) => service === undefined || name === service);
  if (chosen.length > 0) return chosen;
  const names = all.map(([name]) => name).join(', ');
  throw new CliUsageError({
    message: `there is no service ${quoted(service ?? '')}`,
    fix: `take one of: ${names || 'the project has none'}`,
  });
}

function slicesOfAny(): readonly SettingsSlice[] {
  const { metricsSettings, serviceSettings } = configLib();
  const { pipelineSettings } = pipelineLib();
  return [
    serviceSettings,
    metricsSettings,
    kafkaLib().kafkaSettings,
    mongoLib().mongoSettings,
    pipelineSettings,
  ];
}
