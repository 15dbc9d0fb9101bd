import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import type { Settings } from './settings';

/** Token of the {@link Settings} of the app. */
export const SETTINGS = Symbol('millrace/config SETTINGS');

/**
 * Makes validated settings injectable everywhere: as {@link SETTINGS}, and through `ConfigService`
 * (`config.get('kafka.brokers')`), which reads nothing else.
 */
@Global()
@Module({})
export class SettingsModule {
  /** @param settings - made by `loadSettings` before `NestFactory.create`. */
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: SettingsModule,
      imports: [
        ConfigModule.forRoot({
          isGlobal: true,
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
          load: [() => settings.tree()],
        }),
      ],
      providers: [{ provide: SETTINGS, useValue: settings }],
      exports: [SETTINGS],
    };
  }
}
