import { startService } from 'millrace/pipeline';
import { PROCESSOR_SETTINGS } from './processor.config';
import { configureProcessor } from './processor.http';
import { ProcessorModule } from './processor.module';

void startService(
  {
    service: 'processor',
    module: ProcessorModule,
    settings: PROCESSOR_SETTINGS,
    configure: configureProcessor,
  },
  process,
);
