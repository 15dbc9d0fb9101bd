import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { KafkaOverrides } from './kafka.options';

/** Options of {@link KafkaModule}; they win over the settings of the environment. */
export interface KafkaModuleOptions extends KafkaOverrides {
  /** Name of the service: the client id, unless `KAFKA_CLIENT_ID` is set. */
  readonly service?: string;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: KAFKA_MODULE_OPTIONS } =
  new ConfigurableModuleBuilder<KafkaModuleOptions>({ moduleName: 'Kafka' })
    .setClassMethodName('forRoot')
    .build();
