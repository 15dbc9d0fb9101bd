import { defineLints } from 'millrace/config';
import { kafkaSettings } from 'millrace/kafka';
import { httpsSettings } from 'millrace/tls';
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
    danger: 'whoever may send a price fills the topic with generated ones',
    fix: 'remove SOURCES_HTTP',
    check: ({ sourcesHttp }) =>
      sourcesHttp ? '/sources is served, which writes prices that nobody quoted' : null,
  },
  {
    id: 'INGEST_AUTHENTICATION_MISSING',
    severity: { production: 'refuse', otherwise: 'off' },
    settings: ['HTTP_API_KEYS_FILE', 'HTTP_TLS_CLIENT_REQUIRED'],
    danger: 'whoever reaches the port writes prices',
    fix: 'name a list of API keys in HTTP_API_KEYS_FILE, or require client certificates',
    check: ({ apiKeysFile }, { find }) => {
      const isMutual = find(httpsSettings)?.tlsClientRequired ?? false;
      return apiKeysFile === undefined && !isMutual ? 'POST /produce asks nobody who he is' : null;
    },
  },
  {
    id: 'API_KEYS_WITHOUT_TLS',
    severity: { production: 'warn', otherwise: 'off' },
    settings: ['HTTP_TLS', 'HTTP_API_KEYS_FILE'],
    danger: 'whoever is on the network reads the keys, unless a proxy on this machine ends TLS',
    fix: 'set HTTP_TLS=true with a certificate and its key',
    check: ({ apiKeysFile }, { find }) => {
      const hasTls = find(httpsSettings)?.tls ?? false;
      return apiKeysFile !== undefined && !hasTls ? 'API keys come in without TLS' : null;
    },
  },
]);
