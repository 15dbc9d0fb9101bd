import { startService } from 'millrace/pipeline';
import { PRODUCER_SETTINGS } from './producer.config';
import { configureProducer, producerAdapter } from './producer.http';
import { ProducerModule } from './producer.module';

void startService(
  {
    service: 'producer',
    module: ProducerModule,
    settings: PRODUCER_SETTINGS,
    httpAdapter: producerAdapter,
    configure: configureProducer,
  },
  process,
);
