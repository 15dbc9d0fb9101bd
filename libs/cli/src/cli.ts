import { resolve } from 'node:path';
import type { LoadOptions, Settings, SettingsSlice } from 'millrace/config';
import type { CliEdge, ServerName, Servers } from './edge';
import { configLib, kafkaLib, mongoLib } from './lazy';
import { Output } from './output/output';
import type { Format } from './output/output';
import { ProgressBar } from './output/progress.bar';
import { loadProject, requireProject } from './project';
import type { LoadedProject } from './project';

/** Options that every verb has. */
export interface GlobalOptions {
  readonly output?: Format;
  readonly project?: string;
  readonly envFile?: readonly string[];
  readonly verbose?: boolean;
}

/** Written by the local engines; never read in production. */
const ENGINES_FILE = '.engines/env';

/** One call of a command: what it was told, and everything it needs, made when it is needed. */
export class Cli {
  readonly output: Output;
  private loadedProject: { readonly project: LoadedProject | undefined } | undefined;
  private loadedSettings: Settings | undefined;
  private madeServers: Servers | undefined;

  constructor(
    readonly edge: CliEdge,
    readonly globals: GlobalOptions,
  ) {
    this.output = new Output(edge, globals.output);
  }

  /** undefined when none is named. @throws {CliProjectInvalidError} CLI_PROJECT_INVALID */
  get project(): LoadedProject | undefined {
    this.loadedProject ??= { project: loadProject(this.edge, this.globals.project) };
    return this.loadedProject.project;
  }

  /** @throws {CliProjectMissingError} CLI_PROJECT_MISSING */
  requireProject(): LoadedProject {
    return requireProject(this.project);
  }

  /** Where the servers are, and the environment. @throws {ConfigInvalidError} CONFIG_INVALID */
  settings(): Settings {
    const { loadSettings, serviceSettings } = configLib();
    this.loadedSettings ??= loadSettings({
      ...this.sourcesOf([serviceSettings, kafkaLib().kafkaSettings, mongoLib().mongoSettings]),
      // A person steers what runs, also when it runs with settings that no service should start with.
      unsafe: 'tell',
    });
    return this.loadedSettings;
  }

  /** Where settings are read from. */
  sourcesOf(slices: readonly SettingsSlice[]): LoadOptions {
    return { slices, env: this.edge.env, envFiles: this.envFiles() };
  }

  /** Files of variables, first ones first. */
  private envFiles(): readonly string[] {
    const given = this.globals.envFile ?? [];
    const isProduction = this.edge.env['NODE_ENV'] === 'production';
    return [...given, ...(isProduction ? [] : [ENGINES_FILE])].map((file) =>
      resolve(this.edge.directory, file),
    );
  }

  /** True when what is written is production. */
  isProduction(): boolean {
    return this.settings().get(configLib().serviceSettings).environment === 'production';
  }

  /** Makes the servers of this command and opens those that it needs. @throws {MillraceError} infrastructure */
  async servers(...names: readonly ServerName[]): Promise<Servers> {
    this.madeServers ??= this.edge.servers(this.settings(), this.project);
    await this.madeServers.open(names);
    return this.madeServers;
  }

  progress(what: string): ProgressBar {
    return new ProgressBar(this.edge.stderr, this.edge.clock, what);
  }

  async close(): Promise<void> {
    await this.madeServers?.close();
  }
}
