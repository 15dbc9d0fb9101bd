import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { PriceQuoted } from 'millrace/events';
import { PipelineModule } from 'millrace/pipeline';
import { CallerThrottler } from '../callers/caller.throttler';
import { Callers } from '../callers/callers';
import { IngestMetrics } from '../ingest.metrics';
import { producerSettings } from '../producer.config';
import { MetalsMetrics } from './metals.metrics';
import { PriceIntake } from './price.intake';
import { PricePublisher } from './price.publisher';
import { ProduceController } from './produce.controller';
import { Sources } from './sources/sources';
import { SourcesController } from './sources/sources.controller';

const MINUTE_MS = 60_000;

/** The metals pipeline, first half: HTTP, files and the generator to Kafka. */
@Module({
  imports: [
    PipelineModule.forFeature({ publishes: [PriceQuoted] }),
    ThrottlerModule.forRootAsync({
      inject: [SETTINGS],
      useFactory: (settings: Settings) => {
        const limit = settings.get(producerSettings).throttlePerMinute;
        return { throttlers: [{ ttl: MINUTE_MS, limit }], skipIf: () => limit === 0 };
      },
    }),
  ],
  controllers: [ProduceController, SourcesController],
  providers: [
    Callers,
    CallerThrottler,
    IngestMetrics,
    MetalsMetrics,
    PriceIntake,
    PricePublisher,
    Sources,
  ],
  exports: [IngestMetrics],
})
export class MetalsModule {}
