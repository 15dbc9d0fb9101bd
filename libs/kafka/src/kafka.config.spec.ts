import { loadSettings } from 'millrace/config';
import { kafkaSettings } from './kafka.config';
import { kafkaOptionsOf } from './kafka.fields';
import { DEFAULTS, resolveKafkaOptions } from './kafka.options';

const load = (env: Record<string, string>) => loadSettings({ slices: [kafkaSettings], env });

const problemsOf = (env: Record<string, string>): string => {
  try {
    load(env);
  } catch (error) {
    return (error as Error).message + JSON.stringify(error);
  }
  throw new Error('the settings are accepted');
};

describe('kafkaSettings', () => {
  it('is the defaults of the driver when nothing is set', () => {
    const options = resolveKafkaOptions(kafkaOptionsOf(load({}).get(kafkaSettings)));
    expect(options).toEqual(DEFAULTS);
  });

  it.each(['KAFKA_BROKERS', 'KAFKA_BOOTSTRAP', 'KAFKA_BOOTSTRAP_SERVERS'])(
    'reads the brokers from %s',
    (variable) => {
      expect(load({ [variable]: 'a:9092, b:9092' }).get(kafkaSettings).brokers).toEqual([
        'a:9092',
        'b:9092',
      ]);
    },
  );

  it('creates topics outside production and verifies them in it', () => {
    expect(load({}).get(kafkaSettings).topics).toBe('create');
    const production = { NODE_ENV: 'production', KAFKA_TLS: 'true' };
    expect(load(production).get(kafkaSettings).topics).toBe('verify');
    expect(load({ KAFKA_TOPICS: 'off' }).get(kafkaSettings).topics).toBe('off');
  });

  it('[S18] takes TLS files only with TLS, and a user only as a whole', () => {
    const optionsOf = (env: Record<string, string>) =>
      kafkaOptionsOf(load(env).get(kafkaSettings), 'processor');
    expect(optionsOf({})).toMatchObject({ tls: null, sasl: null });
    expect(optionsOf({ KAFKA_TLS: 'true' })).toMatchObject({ tls: {}, sasl: null });
    const all = {
      KAFKA_TLS: 'true',
      KAFKA_TLS_CA_FILE: '/tls/ca.crt',
      KAFKA_TLS_CERTIFICATE_FILE: '/tls/tls.crt',
      KAFKA_TLS_KEY_FILE: '/tls/tls.key',
      KAFKA_TLS_PASSPHRASE_FILE: '/tls/passphrase',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
      KAFKA_SASL_USERNAME: 'processor',
      KAFKA_SASL_PASSWORD_FILE: '/run/secrets/kafka-password',
    };
    expect(optionsOf(all)).toMatchObject({
      tls: {
        caFile: '/tls/ca.crt',
        certificateFile: '/tls/tls.crt',
        keyFile: '/tls/tls.key',
        passphraseFile: '/tls/passphrase',
      },
      sasl: {
        mechanism: 'SCRAM-SHA-256',
        username: 'processor',
        passwordFile: '/run/secrets/kafka-password',
      },
    });
  });

  it('names the client after the service when it has no name of its own', () => {
    expect(kafkaOptionsOf(load({}).get(kafkaSettings), 'producer').clientId).toBe('producer');
    const own = load({ KAFKA_CLIENT_ID: 'own' }).get(kafkaSettings);
    expect(kafkaOptionsOf(own, 'producer').clientId).toBe('own');
  });

  it('carries every variable into the options', () => {
    const env = {
      KAFKA_SESSION_TIMEOUT_MS: '30000',
      KAFKA_HEARTBEAT_INTERVAL_MS: '2000',
      KAFKA_REBALANCE_TIMEOUT_MS: '50000',
      KAFKA_MAX_WAIT_MS: '250',
      KAFKA_MAX_BYTES_PER_PARTITION: '1000',
      KAFKA_MAX_BYTES: '2000',
      KAFKA_RACK_ID: 'zone-a',
      KAFKA_LINGER_MS: '7',
      KAFKA_BATCH_RECORDS: '8',
      KAFKA_BATCH_BYTES: '9',
      KAFKA_BUFFER_RECORDS: '10',
      KAFKA_BUFFER_BYTES: '11',
      KAFKA_COMPRESSION: 'lz4',
      KAFKA_PARTITIONS: '13',
      KAFKA_REPLICATION: '3',
    };
    expect(resolveKafkaOptions(kafkaOptionsOf(load(env).get(kafkaSettings)))).toMatchObject({
      consumer: {
        sessionTimeoutMs: 30_000,
        heartbeatIntervalMs: 2_000,
        rebalanceTimeoutMs: 50_000,
        maxWaitMs: 250,
        maxBytesPerPartition: 1_000,
        maxBytes: 2_000,
        rackId: 'zone-a',
      },
      producer: {
        lingerMs: 7,
        batchRecords: 8,
        batchBytes: 9,
        bufferRecords: 10,
        bufferBytes: 11,
        compression: 'lz4',
      },
      topics: { partitions: 13, replicationFactor: 3 },
    });
  });

  it('refuses KAFKA_TOPIC and says where a topic belongs', () => {
    expect(problemsOf({ KAFKA_TOPIC: 'prices' })).toMatch(/KAFKA_TOPIC.*contract/s);
  });

  it('refuses what does not work together, with the code of its rule', () => {
    const problems = problemsOf({ KAFKA_HEARTBEAT_INTERVAL_MS: '20000' });
    expect(problems).toMatch(/KAFKA_HEARTBEAT_INTERVAL_MS/);
    expect(problems).toMatch(/third of the session timeout/);
  });

  it('refuses a codec that does not exist', () => {
    expect(problemsOf({ KAFKA_COMPRESSION: 'brotli' })).toMatch(/KAFKA_COMPRESSION/);
  });
});
