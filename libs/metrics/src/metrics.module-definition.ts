import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { MetricsOptions } from './metrics.options';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: METRICS_OPTIONS } =
  new ConfigurableModuleBuilder<MetricsOptions>({ moduleName: 'Metrics' })
    .setClassMethodName('forRoot')
    .build();
