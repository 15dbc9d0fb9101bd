import { loadSettings } from 'millrace/config';
import { kafkaSettings } from 'millrace/kafka';
import { describeLints } from 'millrace/testing';
import { httpsSettings } from 'millrace/tls';
import { producerSettings } from './producer.config';

describeLints('the producer', {
  slice: producerSettings,
  beside: [kafkaSettings, httpsSettings],
  cases: {
    LINGER_EXCEEDS_DEADLINE: {
      unsafe: { KAFKA_LINGER_MS: '3500' },
      safe: { KAFKA_LINGER_MS: '3499' },
    },
    SOURCES_OPEN_IN_PRODUCTION: {
      unsafe: { SOURCES_HTTP: 'true' },
      safe: { SOURCES_HTTP: 'false' },
    },
    INGEST_AUTHENTICATION_MISSING: {
      unsafe: { HTTP_TLS: 'true', HTTP_TLS_CERTIFICATE_FILE: '/tls/tls.crt' },
      safe: { HTTP_API_KEYS_FILE: '/keys/list' },
    },
    API_KEYS_WITHOUT_TLS: {
      unsafe: { HTTP_API_KEYS_FILE: '/keys/list' },
      safe: { HTTP_API_KEYS_FILE: '/keys/list', HTTP_TLS: 'true' },
    },
  },
});

describe('who may send in production', () => {
  it('[S17] is settled by client certificates as well', () => {
    const { warnings } = loadSettings({
      slices: [producerSettings, kafkaSettings, httpsSettings],
      env: { NODE_ENV: 'production', HTTP_TLS_CLIENT_REQUIRED: 'true' },
      unsafe: 'tell',
    });
    expect(warnings.map(({ code }) => code)).not.toContain('INGEST_AUTHENTICATION_MISSING');
  });
});
