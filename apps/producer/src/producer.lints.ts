import { defineLints } from 'millrace/config';
import { kafkaSettings } from 'millrace/kafka';
import type { ProducerFields } from './producer.config';

/** What is unsafe between settings of the intake, and with those of Kafka. */
export const PRODUCER_LINTS = defineLints<ProducerFields>([
  {
    id: 'LINGER_EXCEEDS_DEADLINE',
    severity: 'refuse',
    settings: ['KAFKA_LINGER_MS', 'HTTP_PUBLISH_DEADLINE_MS'],
    danger: 'every single request ends with 503 before its record is sent',
    fix: 'keep KAFKA_LINGER_MS far below HTTP_PUBLISH_DEADLINE_MS',
    check: ({ publishDeadlineMs }, { find }) => {
      const lingerMs = find(kafkaSettings)?.lingerMs ?? 0;
      if (lingerMs < publishDeadlineMs) return null;
      return `records wait ${lingerMs} ms for others and requests ${publishDeadlineMs} ms for Kafka`;
    },
  },
  {
    id: 'SOURCES_OPEN_IN_PRODUCTION',
    severity: { production: 'warn', otherwise: 'off' },
    settings: ['SOURCES_HTTP'],
    danger: 'whoever reaches the port fills the topic with generated prices',
    fix: 'remove SOURCES_HTTP',
    check: ({ sourcesHttp }) =>
      sourcesHttp ? '/sources is served, and it asks nobody who he is' : null,
  },
]);
