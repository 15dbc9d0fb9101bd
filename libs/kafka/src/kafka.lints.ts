import { defineLints } from 'millrace/config';
import type { Lint, LintContext, SettingValues } from 'millrace/config';
import { pipelineSettings } from 'millrace/pipeline';
import { kafkaOptionsOf } from './kafka.fields';
import type { KafkaFields } from './kafka.fields';
import { DEFAULTS, completeKafkaOptions } from './kafka.options';
import { KAFKA_RULES } from './kafka.rules';
import { TLS_LINTS } from './kafka.tls.lints';

/** As many replicas as survive the loss of one while another one is restarted. */
const SAFE_REPLICAS = 3;

/** What the driver would refuse, told before anything starts and with everything else. */
const RULES: ReadonlyArray<Lint<KafkaFields>> = KAFKA_RULES.map((rule) => ({
  ...rule,
  severity: 'refuse',
  override: 'never',
  check: (values, context) => rule.check(optionsOf(values, context)),
}));

/** What is unsafe between settings of Kafka, and with those of the pipeline. */
export const KAFKA_LINTS = defineLints<KafkaFields>([
  ...RULES,
  ...TLS_LINTS,
  {
    id: 'REBALANCE_TOO_SHORT',
    severity: 'refuse',
    settings: [
      'KAFKA_REBALANCE_TIMEOUT_MS',
      'PIPELINE_REVOKE_DRAIN_MS',
      'PIPELINE_SINK_DEADLINE_MS',
    ],
    danger: 'the group goes on without a member that still writes: its slice is written twice',
    fix: 'let KAFKA_REBALANCE_TIMEOUT_MS be the revoke drain and one slice at least',
    check: ({ rebalanceTimeoutMs }, { find }) => {
      const { revokeDrainMs, sinkDeadlineMs } = find(pipelineSettings) ?? NO_WORK;
      const neededMs = revokeDrainMs + sinkDeadlineMs;
      if (neededMs <= rebalanceTimeoutMs) return null;
      return `a rebalance waits ${rebalanceTimeoutMs} ms, a revoke drain and one slice may take ${neededMs} ms`;
    },
  },
  {
    id: 'STALL_BEFORE_REBALANCE',
    severity: { production: 'refuse', otherwise: 'warn' },
    settings: ['PIPELINE_STALL_MS', 'KAFKA_REBALANCE_TIMEOUT_MS'],
    danger:
      'a member that waits for a rebalance is taken for dead and joins again: it never settles',
    fix: 'let PIPELINE_STALL_MS be longer than KAFKA_REBALANCE_TIMEOUT_MS',
    check: ({ rebalanceTimeoutMs }, { find }) => {
      const stallMs = find(pipelineSettings)?.stallMs ?? Number.POSITIVE_INFINITY;
      if (stallMs > rebalanceTimeoutMs) return null;
      return `a stall is called after ${stallMs} ms and a rebalance may take ${rebalanceTimeoutMs} ms`;
    },
  },
  {
    id: 'FETCH_EXCEEDS_LANE',
    severity: 'warn',
    settings: ['KAFKA_MAX_BYTES_PER_PARTITION', 'PIPELINE_MAX_IN_FLIGHT_BYTES'],
    danger: 'one fetch holds more than a partition may have in hand: memory is not bounded by it',
    fix: 'keep KAFKA_MAX_BYTES_PER_PARTITION at PIPELINE_MAX_IN_FLIGHT_BYTES or less',
    check: ({ maxBytesPerPartition }, { find }) => {
      const limit = find(pipelineSettings)?.maxInFlightBytes ?? maxBytesPerPartition;
      if (maxBytesPerPartition <= limit) return null;
      return `a fetch brings ${maxBytesPerPartition} bytes of a partition that may hold ${limit}`;
    },
  },
  {
    id: 'BATCH_EXCEEDS_TOPIC_LIMIT',
    severity: 'warn',
    settings: ['KAFKA_BATCH_BYTES'],
    danger: 'brokers refuse a full batch, and it is sent again in halves',
    fix: 'keep KAFKA_BATCH_BYTES below max.message.bytes of the topics',
    check: ({ batchBytes }) => {
      const limit = DEFAULTS.producer.maxMessageBytes;
      if (batchBytes <= limit) return null;
      return `a batch of ${batchBytes} bytes is more than ${limit}, what brokers take by default`;
    },
  },
  {
    id: 'KAFKA_GUARDS_OFF',
    severity: { production: 'refuse', otherwise: 'warn' },
    settings: ['KAFKA_GUARDS'],
    danger: 'one hostile batch ends the process or its memory, and any version of kafkajs is taken',
    fix: 'remove KAFKA_GUARDS; off is for finding out whether a guard is at fault',
    check: ({ guards }) => (guards === 'on' ? null : 'kafkajs decodes by itself, without limits'),
  },
  {
    id: 'TOPICS_CREATED_IN_PRODUCTION',
    severity: { production: 'warn', otherwise: 'off' },
    settings: ['KAFKA_TOPICS'],
    danger: 'a typing mistake in a topic becomes a topic',
    fix: 'create topics before the service, and leave KAFKA_TOPICS at verify',
    check: ({ topics }) => (topics === 'create' ? 'the service creates topics' : null),
  },
  {
    id: 'MIN_ISR_WEAK',
    severity: { production: 'warn', otherwise: 'off' },
    settings: ['KAFKA_REPLICATION'],
    danger: 'an acknowledged record is lost with one disk, or nothing is taken while one restarts',
    fix: 'set KAFKA_REPLICATION to 3, with min.insync.replicas=2 on the brokers',
    check: ({ replication = SAFE_REPLICAS }) =>
      replication >= SAFE_REPLICAS ? null : `new topics get ${replication} replicas`,
  },
]);

const NO_WORK = { revokeDrainMs: 0, sinkDeadlineMs: 0 };

function optionsOf(values: SettingValues<KafkaFields>, { find }: LintContext) {
  return completeKafkaOptions(
    kafkaOptionsOf(values, undefined, find(pipelineSettings)?.revokeDrainMs),
  );
}
