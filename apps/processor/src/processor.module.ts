import { Module } from '@nestjs/common';
import { ConsoleModule } from 'millrace/console';
import { KafkaModule } from 'millrace/kafka';
import { MongoModule } from 'millrace/mongo';
import { OperationsModule } from 'millrace/operations';
import { PipelineModule } from 'millrace/pipeline';
import { MetalsModule } from './metals/metals.module';
import { MongoStorageModule } from './metals/mongo-storage.module';

/** Reads prices from Kafka and keeps them in MongoDB: each, the latest, and candles. */
@Module({
  imports: [
    PipelineModule.forRoot({ service: 'processor' }),
    KafkaModule.forRoot(),
    MongoModule.forRoot(),
    OperationsModule.forRoot(),
    ConsoleModule.forRoot(),
    MetalsModule.withStorage(MongoStorageModule),
  ],
})
export class ProcessorModule {}
