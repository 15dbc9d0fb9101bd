import {
  bytes,
  count,
  defineServiceSettings,
  defineSettings,
  durationMs,
  flag,
  metricsSettings,
  text,
} from 'millrace/config';
import type { SettingsOf, SettingsSlice } from 'millrace/config';
import { kafkaSettings } from 'millrace/kafka';
import { httpSettings, pipelineSettings } from 'millrace/pipeline';
import { httpsSettings } from 'millrace/tls';
import { PRODUCER_LINTS } from './producer.lints';

/** The answer is promised within 4 s; what is left is for reading the body and writing the answer. */
const LONGEST_DEADLINE_MS = 3_800;

const httpFields = {
  bodyLimitBytes: {
    env: 'HTTP_BODY_LIMIT_BYTES',
    schema: bytes,
    default: '262144',
    unit: 'bytes',
    description: 'Longest request body, decompressed; longer ones get 413.',
  },
  batchBodyLimitBytes: {
    env: 'HTTP_BATCH_BODY_LIMIT_BYTES',
    schema: bytes,
    default: '4194304',
    unit: 'bytes',
    description: 'The same for POST /produce/batch.',
  },
  gzip: {
    env: 'HTTP_GZIP',
    schema: flag,
    default: 'false',
    description: 'Reads bodies with Content-Encoding: gzip; every other encoding gets 415.',
  },
  apiKeysFile: {
    env: 'HTTP_API_KEYS_FILE',
    schema: text.optional(),
    description:
      'Who may send, one `<name> sha256:<hash of the key>` per line; read again every 10 s.',
    takesEffect: 'live',
  },
  publishDeadlineMs: {
    env: 'HTTP_PUBLISH_DEADLINE_MS',
    schema: durationMs.refine(
      (value) => value >= 1 && value <= LONGEST_DEADLINE_MS,
      `must be 1 to ${LONGEST_DEADLINE_MS} ms`,
    ),
    default: '3500',
    unit: 'ms',
    description: 'Longest wait of a request for the acknowledgement by Kafka; then 503.',
  },
  maxFutureMs: {
    env: 'HTTP_OBSERVED_AT_MAX_FUTURE_MS',
    schema: durationMs,
    default: '86400000',
    unit: 'ms',
    description: 'How far observedAt of an HTTP request may lie in the future; 0 = not checked.',
  },
  maxAgeDays: {
    env: 'HTTP_OBSERVED_AT_MAX_AGE_DAYS',
    schema: count,
    default: '0',
    description: 'How old observedAt of an HTTP request may be, in days; 0 = not checked.',
  },
  throttlePerMinute: {
    env: 'THROTTLE_PER_MINUTE',
    schema: count,
    default: '0',
    unit: 'requests',
    description:
      'Requests per minute and API key, without one client address, then 429; 0 = no limit.',
  },
} as const;

const sourceFields = {
  sourcesHttp: {
    env: 'SOURCES_HTTP',
    schema: flag,
    default: { production: 'false', otherwise: 'true' },
    description: 'Serves /sources, which starts file replays and the generator.',
  },
  dataDirectory: {
    env: 'DATA_DIRECTORY',
    schema: text,
    default: 'data',
    description: 'Folder of the files that may be replayed; nothing outside of it is read.',
  },
  sourceFile: {
    env: 'SOURCE_FILE',
    schema: text.optional(),
    description: 'File to replay once when the service serves; a name without ending.',
  },
  generatorRate: {
    env: 'GENERATOR_RATE',
    schema: count,
    default: '0',
    unit: 'per second',
    description: 'Generated prices, all metals together, from start to stop; 0 = off.',
  },
  generatorSeed: {
    env: 'GENERATOR_SEED',
    schema: count,
    default: '1',
    description: 'Seed of the generator; the same one walks the same prices.',
  },
} as const;

const producerFields = { ...httpFields, ...sourceFields };

/** The fields of the slice `producer`. */
export type ProducerFields = typeof producerFields;

/** Settings of the producer alone: HTTP intake and sources. */
export const producerSettings = defineSettings('producer', producerFields, {
  lints: PRODUCER_LINTS,
});
export type ProducerSettings = SettingsOf<typeof producerSettings>;

/** Everything that the producer reads from its environment. */
export const PRODUCER_SETTINGS: readonly SettingsSlice[] = [
  defineServiceSettings({ httpPort: 8000 }),
  metricsSettings,
  kafkaSettings,
  pipelineSettings,
  httpSettings,
  httpsSettings,
  producerSettings,
];
