import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { KafkaModule } from 'millrace/kafka';
import { PipelineModule } from 'millrace/pipeline';
import { MetalsModule } from './metals/metals.module';
import { ProblemFilter } from './problem.filter';

/** Takes prices in, by HTTP, from files and from the generator, and publishes them to Kafka. */
@Module({
  imports: [PipelineModule.forRoot({ service: 'producer' }), KafkaModule.forRoot(), MetalsModule],
  providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
})
export class ProducerModule {}
