import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { MongoOptions } from './mongo.options';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: MONGO_OPTIONS } =
  new ConfigurableModuleBuilder<MongoOptions>({ moduleName: 'Mongo' })
    .setClassMethodName('forRoot')
    .build();
