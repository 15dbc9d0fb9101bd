import type { INestApplication, Type } from '@nestjs/common';
import { Logger as NestLogger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  ALLOW_VARIABLE,
  SettingsModule,
  loadSettings,
  serviceSettings,
  shutdownBudgetMs,
} from 'millrace/config';
import type { Settings, SettingsSlice } from 'millrace/config';
import { MillraceError, renderError } from 'millrace/errors';
import { Lifecycle, installShutdown } from 'millrace/health';
import type { ProcessLike } from 'millrace/health';
import { Logger } from 'millrace/logging';
import { connectPipeline } from './connect-pipeline';

export interface ServiceDefinition {
  /** Name of the service; example `producer`. */
  readonly service: string;
  readonly module: Type;
  /** Every slice of settings that the app and its libs read; validated together, before anything starts. */
  readonly settings: readonly SettingsSlice[];
  /** Makes the HTTP server, such as a {@link LimitedHttpAdapter}; default that of Nest, for a service that only serves probes. */
  httpAdapter?(settings: Settings): AbstractHttpAdapter;
  /** Adjusts the Nest app before it is initialised: body limits, OpenAPI, pipes. */
  configure?(app: NestExpressApplication): void | Promise<void>;
}

/** The part of `process` that a service needs. Only main.ts hands over the real one. */
export interface ServiceProcess extends ProcessLike {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stderr: { write(text: string): unknown };
  exit(code: number): void;
}

/** Written by the local engines; never read in production. */
const ENGINES_FILE = '.engines/env';
const OWN_PREFIXES = [
  'KAFKA_',
  'MONGODB_',
  'MONGO_',
  'PIPELINE_',
  'HTTP_',
  'CONSOLE_',
  'MILLRACE_',
];
/** Room above the budgets for Nest's own steps; unit ms. */
const EXIT_MARGIN_MS = 2_000;

@Module({})
class ServiceRootModule {}

/**
 * Runs a service from the environment to the exit code.
 *
 * Promises: a configuration that is invalid or unsafe ends with exit code 1 and every finding listed,
 * before any connection; what `CONFIG_ALLOW` allows is written to stderr at each start;
 * HTTP answers before Kafka and the database are there; SIGTERM and Ctrl-C drain and exit with 0; a
 * crash, and a service that gives itself up, are logged, try to commit what is finished, exit with 1.
 *
 * @returns undefined when it could not start.
 */
export async function startService(
  definition: ServiceDefinition,
  host: ServiceProcess,
): Promise<INestApplication | undefined> {
  try {
    const settings = readSettings(definition, host);
    tellAllowed(settings, host);
    const app = await createApp(definition, settings);
    const service = settings.get(serviceSettings);
    installShutdown({
      process: host,
      close: (withinMs) => closeApp(app, withinMs),
      onFailure: (listener) => app.get(Lifecycle).onFailure(listener),
      exit: (code) => host.exit(code),
      deadlineMs: shutdownBudgetMs(service) + EXIT_MARGIN_MS,
      now: () => performance.now(),
    });
    await app.init();
    await app.startAllMicroservices();
    await app.listen(service.httpPort, service.httpHost);
    return app;
  } catch (error) {
    host.stderr.write(`${explain(error)}\n`);
    host.exit(1);
    return undefined;
  }
}

function readSettings(definition: ServiceDefinition, host: ServiceProcess): Settings {
  const isProduction = host.env['NODE_ENV'] === 'production';
  return loadSettings({
    slices: definition.settings,
    env: host.env,
    envFiles: isProduction ? [] : [ENGINES_FILE],
    knownPrefixes: knownPrefixesOf(definition.settings),
  });
}

/** Whatever the level of the log: who starts in spite of a danger reads it at each start. */
function tellAllowed({ warnings }: Settings, { stderr }: Pick<ServiceProcess, 'stderr'>): void {
  for (const { severity, variable, reason, code, danger } of warnings) {
    if (severity !== 'allowed') continue;
    stderr.write(
      `UNSAFE, allowed by ${ALLOW_VARIABLE}=${code}: ${variable}: ${reason}; ${danger}\n`,
    );
  }
}

/** Only of what the service reads: one environment may serve several services. */
export function knownPrefixesOf(slices: readonly SettingsSlice[]): readonly string[] {
  const variables = slices.flatMap(({ fields }) => Object.values(fields).map(({ env }) => env));
  return OWN_PREFIXES.filter((prefix) => variables.some((name) => name.startsWith(prefix)));
}

async function createApp(
  definition: ServiceDefinition,
  settings: Settings,
): Promise<NestExpressApplication> {
  const root = {
    module: ServiceRootModule,
    imports: [SettingsModule.forRoot(settings), definition.module],
  };
  const options = {
    bufferLogs: true,
    abortOnError: false,
    // Each app reads its bodies itself, with its own limits.
    bodyParser: false,
  };
  const adapter = definition.httpAdapter?.(settings);
  const app =
    adapter === undefined
      ? await NestFactory.create<NestExpressApplication>(root, options)
      : await NestFactory.create<NestExpressApplication>(root, adapter, options);
  app.useLogger(app.get(Logger));
  const logger = new NestLogger('Config');
  for (const { severity, variable, reason, code, danger } of settings.warnings) {
    const event = severity === 'allowed' ? 'config.unsafe' : 'config.warning';
    logger.warn({ event, variable, code }, `${variable}: ${reason}; ${danger}`);
  }
  connectPipeline(app);
  await definition.configure?.(app);
  return app;
}

/** Readiness falls at the signal, before the hooks of other modules take their time. */
async function closeApp(app: INestApplication, withinMs?: number): Promise<void> {
  app.get(Lifecycle).beginDrain(withinMs);
  await app.close();
}

function explain(error: unknown): string {
  if (error instanceof MillraceError) return renderError(error);
  // Not one of ours, so nobody expected it: the stack is what helps.
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
