import { Global, Inject, Injectable, Module, RequestMethod, Scope } from '@nestjs/common';
import type { ConfigurableModuleAsyncOptions, DynamicModule, Provider } from '@nestjs/common';
import { LoggerModule, PARAMS_PROVIDER_TOKEN, PinoLogger } from 'nestjs-pino';
import type { Params } from 'nestjs-pino';
import type { Logger } from 'pino';
import { httpLogging } from './http-logging';
import type { LoggingOptions } from './logging.options';
import { createLogger } from './pino-logger';

/** Parameters of nestjs-pino with the logger that they were made for. */
interface LoggingParams extends Params {
  readonly pinoHttp: ReturnType<typeof httpLogging> & { logger: Logger };
}

/**
 * nestjs-pino remembers the first logger of the process for lines outside of requests; with two apps
 * in one process the second would write as the first. This one keeps to the logger of its app.
 */
@Injectable({ scope: Scope.TRANSIENT })
class AppPinoLogger extends PinoLogger {
  constructor(@Inject(PARAMS_PROVIDER_TOKEN) private readonly params: LoggingParams) {
    super(params);
  }

  override get logger(): Logger {
    const current = super.logger as Logger;
    const own = this.params.pinoHttp.logger;
    // A child logger of pino inherits from its parent, so loggers of our requests are recognised.
    return Object.prototype.isPrototypeOf.call(own, current) ? current : own;
  }
}

/**
 * Presets nestjs-pino for a service: JSON, names and levels of Millrace, redaction, fields of the record
 * at work. Use it with `app.useLogger(app.get(Logger))`.
 *
 * Importing it twice does not write a request twice.
 */
@Global()
@Module({})
export class LoggingModule {
  static forRoot(options: LoggingOptions): DynamicModule {
    return LoggingModule.forRootAsync({ useFactory: () => options });
  }

  /** @param options - `useFactory` with its `inject` and `imports`. */
  static forRootAsync(
    options: Required<Pick<ConfigurableModuleAsyncOptions<LoggingOptions>, 'useFactory'>> &
      Pick<ConfigurableModuleAsyncOptions<LoggingOptions>, 'inject' | 'imports'>,
  ): DynamicModule {
    const { useFactory, inject = [], imports = [] } = options;
    const preset = LoggerModule.forRootAsync({
      imports,
      inject: [...inject],
      useFactory: async (...dependencies: unknown[]) => paramsOf(await useFactory(...dependencies)),
    });
    const ownLogger: Provider = { provide: PinoLogger, useClass: AppPinoLogger };
    return {
      module: LoggingModule,
      imports: [{ ...preset, providers: [...(preset.providers ?? []), ownLogger] }],
    };
  }
}

function paramsOf(options: LoggingOptions): LoggingParams {
  const logger = createLogger(options);
  return {
    pinoHttp: { ...httpLogging(logger), logger },
    forRoutes: [{ path: '{*path}', method: RequestMethod.ALL }],
  };
}
