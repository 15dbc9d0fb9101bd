import { defineProject } from 'millrace/cli';
import { PriceQuoted } from 'millrace/events';
import { PROCESSOR_SETTINGS } from '../../apps/processor/src/processor.config';
import { PRODUCER_SETTINGS } from '../../apps/producer/src/producer.config';

/** The reference apps, for the command line. */
export const project = defineProject({
  contracts: [PriceQuoted],
  services: { producer: PRODUCER_SETTINGS, processor: PROCESSOR_SETTINGS },
});
