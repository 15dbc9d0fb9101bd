import { kafkaSettings } from 'millrace/kafka';
import { describeLints } from 'millrace/testing';
import { producerSettings } from './producer.config';

describeLints('the producer', {
  slice: producerSettings,
  beside: [kafkaSettings],
  cases: {
    LINGER_EXCEEDS_DEADLINE: {
      unsafe: { KAFKA_LINGER_MS: '3500' },
      safe: { KAFKA_LINGER_MS: '3499' },
    },
    SOURCES_OPEN_IN_PRODUCTION: {
      unsafe: { SOURCES_HTTP: 'true' },
      safe: { SOURCES_HTTP: 'false' },
    },
  },
});
