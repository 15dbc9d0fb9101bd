import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { SETTINGS, serviceSettings } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { Metrics } from 'millrace/metrics';
import { Operations } from 'millrace/operations';
import { CLOCK, PipelineRegistry } from 'millrace/pipeline';
import type { AuditLog } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { ConsoleAuditUnavailableError } from './console.errors';
import { ConsoleListener } from './console.listener';
import type { ConsoleOptions } from './console.options';
import { createConsoleServer } from './console.server';

/**
 * Adds the console to a service: off until `CONSOLE_ENABLED` is true, then on a port of its own.
 *
 * Needs `PipelineModule` and `OperationsModule`, and the slice of `defineConsoleSettings`.
 *
 * @example imports: [OperationsModule.forRoot(), ConsoleModule.forRoot()]
 */
@Module({})
export class ConsoleModule {
  /** @param options - `authorize`: who may do what, in place of tokens. Default: tokens decide. */
  static forRoot(options: ConsoleOptions = {}): DynamicModule {
    return {
      module: ConsoleModule,
      providers: [
        {
          provide: ConsoleListener,
          inject: [Operations, PipelineRegistry, SETTINGS, Metrics, CLOCK],
          useFactory: (
            operations: Operations,
            registry: PipelineRegistry,
            settings: Settings,
            metrics: Metrics,
            clock: Clock,
          ) => {
            const { environment } = settings.get(serviceSettings);
            const audit = auditOf(registry);
            const parts = { operations, audit, settings, environment, metrics, clock, options };
            return new ConsoleListener(createConsoleServer(parts));
          },
        },
      ],
      exports: [ConsoleListener],
    };
  }
}

/** Adapters register theirs while the app starts. */
function auditOf(registry: PipelineRegistry): Pick<AuditLog, 'append'> {
  return {
    append: async (entry) => {
      if (registry.auditLog === undefined) throw new ConsoleAuditUnavailableError();
      await registry.auditLog.append(entry);
    },
  };
}
