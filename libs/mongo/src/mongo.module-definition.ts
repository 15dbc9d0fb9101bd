import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { MongoOptions } from './mongo.options';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: MONGO_OPTIONS } =
  new ConfigurableModuleBuilder<MongoOptions>({ moduleName: 'Mongo' })
    .setClassMethodName('forRoot')
    .build();

/** Token of the options with settings applied. */
export const RESOLVED_OPTIONS = Symbol('millrace:mongo-resolved-options');
/** Token of the clock; the pipeline's when it is there. */
export const MONGO_CLOCK = Symbol('millrace:mongo-clock');
