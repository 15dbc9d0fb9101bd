import { loadSettings, serviceSettings } from 'millrace/config';
import { pipelineSettings } from 'millrace/pipeline';
import { describeLints } from 'millrace/testing';
import { kafkaSettings } from './kafka.config';

const SESSION = 'KAFKA_SESSION_TIMEOUT_MS';
const REBALANCE = 'KAFKA_REBALANCE_TIMEOUT_MS';
const PER_PARTITION = 'KAFKA_MAX_BYTES_PER_PARTITION';
const USER = {
  KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
  KAFKA_SASL_USERNAME: 'processor',
  KAFKA_SASL_PASSWORD_FILE: '/run/secrets/kafka-password',
};

describeLints('kafka', {
  slice: kafkaSettings,
  beside: [pipelineSettings],
  cases: {
    SASL_OVER_PLAINTEXT: { unsafe: USER, safe: { ...USER, KAFKA_TLS: 'true' } },
    KAFKA_TLS_REQUIRED: {
      unsafe: { KAFKA_BROKERS: 'kafka-0:9092' },
      safe: { KAFKA_BROKERS: 'kafka-0:9092', KAFKA_TLS: 'true' },
    },
    KAFKA_TLS_FILES_UNUSED: {
      unsafe: { KAFKA_TLS_CA_FILE: '/tls/ca.crt' },
      safe: { KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: '/tls/ca.crt' },
    },
    KAFKA_SASL_INCOMPLETE: {
      unsafe: { KAFKA_TLS: 'true', KAFKA_SASL_USERNAME: 'processor' },
      safe: { ...USER, KAFKA_TLS: 'true' },
    },
    SESSION_TOO_SHORT: {
      unsafe: { KAFKA_HEARTBEAT_INTERVAL_MS: '15001' },
      safe: { KAFKA_HEARTBEAT_INTERVAL_MS: '15000' },
    },
    REVOKE_DRAIN_TOO_LONG: {
      unsafe: { PIPELINE_REVOKE_DRAIN_MS: '22501' },
      safe: { PIPELINE_REVOKE_DRAIN_MS: '22500' },
    },
    FETCH_WAIT_EXCEEDS_SESSION: {
      unsafe: { KAFKA_MAX_WAIT_MS: '15001' },
      safe: { KAFKA_MAX_WAIT_MS: '15000' },
    },
    FETCH_WAIT_EXCEEDS_REQUEST: {
      unsafe: { [SESSION]: '120000', KAFKA_MAX_WAIT_MS: '30000' },
      safe: { [SESSION]: '120000', KAFKA_MAX_WAIT_MS: '29999' },
    },
    FETCH_LIMITS_CONTRADICT: {
      unsafe: { [PER_PARTITION]: '1001', KAFKA_MAX_BYTES: '1000' },
      safe: { [PER_PARTITION]: '1000', KAFKA_MAX_BYTES: '1000' },
    },
    BUFFER_BELOW_BATCH: {
      unsafe: { KAFKA_BUFFER_RECORDS: '999' },
      safe: { KAFKA_BUFFER_RECORDS: '1000' },
    },
    REBALANCE_TOO_SHORT: {
      unsafe: { [REBALANCE]: '19999' },
      safe: { [REBALANCE]: '20000' },
    },
    STALL_BEFORE_REBALANCE: {
      unsafe: { PIPELINE_STALL_MS: '60000' },
      safe: { PIPELINE_STALL_MS: '60001' },
    },
    FETCH_EXCEEDS_LANE: {
      unsafe: { [PER_PARTITION]: '4194305' },
      safe: { [PER_PARTITION]: '4194304' },
    },
    BATCH_EXCEEDS_TOPIC_LIMIT: {
      unsafe: { KAFKA_BATCH_BYTES: '1048589' },
      safe: { KAFKA_BATCH_BYTES: '1048588' },
    },
    KAFKA_GUARDS_OFF: { unsafe: { KAFKA_GUARDS: 'off' }, safe: { KAFKA_GUARDS: 'on' } },
    TOPICS_CREATED_IN_PRODUCTION: {
      unsafe: { KAFKA_TOPICS: 'create' },
      safe: { KAFKA_TOPICS: 'verify' },
    },
    MIN_ISR_WEAK: { unsafe: { KAFKA_REPLICATION: '2' }, safe: { KAFKA_REPLICATION: '3' } },
  },
});

describe('KAFKA_TLS_REQUIRED', () => {
  const severityOf = (env: Record<string, string>) =>
    loadSettings({ slices: [serviceSettings, kafkaSettings], env, unsafe: 'tell' }).warnings.find(
      ({ code }) => code === 'KAFKA_TLS_REQUIRED',
    )?.severity;

  it('[S18] says nothing of brokers of this machine, and warns when one of them is elsewhere', () => {
    expect(severityOf({})).toBeUndefined();
    expect(severityOf({ KAFKA_BROKERS: 'localhost:9092,127.0.0.1:9093' })).toBeUndefined();
    expect(severityOf({ KAFKA_BROKERS: 'localhost:9092,kafka-1:9092' })).toBe('warn');
  });

  it('[S18] is not to be allowed in production, whatever the brokers', () => {
    const env = { NODE_ENV: 'production', CONFIG_ALLOW: 'KAFKA_TLS_REQUIRED' };
    expect(severityOf(env)).toBe('refuse');
    expect(severityOf({ ...env, KAFKA_BROKERS: 'kafka-0:9092' })).toBe('refuse');
  });
});
