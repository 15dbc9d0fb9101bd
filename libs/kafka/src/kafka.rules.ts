import type { KafkaOptions } from './kafka.options';

/** One thing that options of the client must fulfil together; told of options and of settings alike. */
export interface KafkaRule {
  /** UPPER_SNAKE_CASE; id of the lint. */
  readonly id: string;
  readonly settings: readonly [string, ...string[]];
  readonly danger: string;
  readonly fix: string;
  /** @returns what does not fit; null when everything does. */
  check(options: KafkaOptions): string | null;
}

/** Three of them must fit into a session. */
const SESSION_PARTS = 3;

/** What the driver refuses: with these it could not run. */
export const KAFKA_RULES: readonly KafkaRule[] = [
  {
    id: 'SASL_OVER_PLAINTEXT',
    settings: ['KAFKA_SASL_MECHANISM', 'KAFKA_TLS'],
    danger: 'the password, or what proves it, can be read on the network',
    fix: 'set KAFKA_TLS=true, and use a listener that speaks TLS',
    check: ({ sasl, tls }) =>
      sasl !== null && tls === null ? `SASL ${sasl.mechanism} is set without TLS` : null,
  },
  {
    id: 'SESSION_TOO_SHORT',
    settings: ['KAFKA_HEARTBEAT_INTERVAL_MS', 'KAFKA_SESSION_TIMEOUT_MS'],
    danger: 'one late heartbeat and the group gives up a member that works',
    fix: 'keep KAFKA_HEARTBEAT_INTERVAL_MS at a third of KAFKA_SESSION_TIMEOUT_MS or less',
    check: ({ consumer: { heartbeatIntervalMs, sessionTimeoutMs } }) =>
      heartbeatIntervalMs * SESSION_PARTS <= sessionTimeoutMs
        ? null
        : `the heartbeat interval of ${heartbeatIntervalMs} ms is more than a third of the session timeout of ${sessionTimeoutMs} ms`,
  },
  {
    id: 'REVOKE_DRAIN_TOO_LONG',
    settings: [
      'PIPELINE_REVOKE_DRAIN_MS',
      'KAFKA_SESSION_TIMEOUT_MS',
      'KAFKA_REBALANCE_TIMEOUT_MS',
    ],
    danger: 'the group gives members up that still finish their work: partitions move twice',
    fix: 'keep PIPELINE_REVOKE_DRAIN_MS at half of both time limits of the group or less',
    check: ({ consumer: { revokeDrainMs, sessionTimeoutMs, rebalanceTimeoutMs } }) =>
      revokeDrainMs * 2 <= Math.min(sessionTimeoutMs, rebalanceTimeoutMs)
        ? null
        : `a revoke drain of ${revokeDrainMs} ms is more than half of the session or rebalance timeout`,
  },
  {
    id: 'FETCH_WAIT_EXCEEDS_SESSION',
    settings: ['KAFKA_MAX_WAIT_MS', 'KAFKA_SESSION_TIMEOUT_MS'],
    danger: 'a rebalance or a drain waits for a fetch that finds nothing, and the session ends',
    fix: 'keep KAFKA_MAX_WAIT_MS at a third of KAFKA_SESSION_TIMEOUT_MS or less',
    check: ({ consumer: { maxWaitMs, sessionTimeoutMs } }) =>
      maxWaitMs * SESSION_PARTS <= sessionTimeoutMs
        ? null
        : `a fetch wait of ${maxWaitMs} ms is more than a third of the session timeout`,
  },
  {
    id: 'FETCH_WAIT_EXCEEDS_REQUEST',
    settings: ['KAFKA_MAX_WAIT_MS'],
    danger: 'each fetch that finds nothing counts as a dead connection',
    fix: 'lower KAFKA_MAX_WAIT_MS',
    check: ({ consumer: { maxWaitMs }, requestTimeoutMs }) =>
      maxWaitMs < requestTimeoutMs
        ? null
        : `a fetch wait of ${maxWaitMs} ms is as long as the request timeout of ${requestTimeoutMs} ms`,
  },
  {
    id: 'FETCH_LIMITS_CONTRADICT',
    settings: ['KAFKA_MAX_BYTES_PER_PARTITION', 'KAFKA_MAX_BYTES'],
    danger: 'the limit of a partition never counts: one busy partition takes every fetch',
    fix: 'raise KAFKA_MAX_BYTES, or lower KAFKA_MAX_BYTES_PER_PARTITION',
    check: ({ consumer: { maxBytesPerPartition, maxBytes } }) =>
      maxBytesPerPartition <= maxBytes
        ? null
        : 'KAFKA_MAX_BYTES_PER_PARTITION is larger than KAFKA_MAX_BYTES',
  },
  {
    id: 'BUFFER_BELOW_BATCH',
    settings: [
      'KAFKA_BUFFER_RECORDS',
      'KAFKA_BUFFER_BYTES',
      'KAFKA_BATCH_RECORDS',
      'KAFKA_BATCH_BYTES',
    ],
    danger: 'no batch is ever full: every one waits for the linger time',
    fix: 'let the buffer hold one batch at least, by records and by bytes',
    check: ({ producer }) =>
      producer.batchRecords <= producer.bufferRecords && producer.batchBytes <= producer.bufferBytes
        ? null
        : 'the buffer of the publisher is smaller than one of its batches',
  },
];
