import { bytes, count, defineSettings, durationMs } from 'millrace/config';
import type { SettingsOf } from 'millrace/config';
import { PIPELINE_LINTS } from './pipeline.lints';

const fields = {
  maxInFlightRecords: {
    env: 'PIPELINE_MAX_IN_FLIGHT_RECORDS',
    schema: count,
    default: '500',
    unit: 'records',
    description: 'Records a partition holds before fetching waits, then pauses; resumed at half.',
  },
  maxInFlightBytes: {
    env: 'PIPELINE_MAX_IN_FLIGHT_BYTES',
    schema: bytes,
    default: '4194304',
    unit: 'bytes',
    description: 'The same in bytes of keys and values.',
  },
  sliceRecords: {
    env: 'PIPELINE_SLICE_RECORDS',
    schema: count,
    default: '500',
    unit: 'records',
    description: 'Most records that are handled or written together.',
  },
  maxRecordBytes: {
    env: 'PIPELINE_MAX_RECORD_BYTES',
    schema: bytes,
    default: '262144',
    unit: 'bytes',
    description: 'Longest value that is parsed; longer ones are dead letters (too-large).',
  },
  commitIntervalMs: {
    env: 'PIPELINE_COMMIT_INTERVAL_MS',
    schema: durationMs,
    default: '1000',
    unit: 'ms',
    description: 'Longest time between a finished record and its commit.',
  },
  commitEveryRecords: {
    env: 'PIPELINE_COMMIT_EVERY_RECORDS',
    schema: count,
    default: '5000',
    unit: 'records',
    description: 'Finished records after which a commit does not wait for the interval.',
  },
  sinkDeadlineMs: {
    env: 'PIPELINE_SINK_DEADLINE_MS',
    schema: durationMs,
    default: '15000',
    unit: 'ms',
    description: 'Longest wait for one write of a slice.',
  },
  revokeDrainMs: {
    env: 'PIPELINE_REVOKE_DRAIN_MS',
    schema: durationMs,
    default: '5000',
    unit: 'ms',
    description: 'Longest wait for work in hand before partitions move.',
  },
  handlerTimeoutMs: {
    env: 'PIPELINE_HANDLER_TIMEOUT_MS',
    schema: durationMs,
    default: '30000',
    unit: 'ms',
    description: 'Longest time of one call of a handler; its signal fires then.',
  },
  handlerGraceMs: {
    env: 'PIPELINE_HANDLER_GRACE_MS',
    schema: durationMs,
    default: '1000',
    unit: 'ms',
    description: 'How long a call may go on after its signal fired before it is abandoned.',
  },
  parkAfterMs: {
    env: 'PIPELINE_PARK_AFTER_MS',
    schema: durationMs,
    default: '30000',
    unit: 'ms',
    description: 'How long a partition that waits keeps what it has fetched and not begun.',
  },
  stallMs: {
    env: 'PIPELINE_STALL_MS',
    schema: durationMs,
    default: '120000',
    unit: 'ms',
    description:
      'Lag without progress, and nothing to wait for, after which the client is rebuilt.',
  },
  giveUpMs: {
    env: 'PIPELINE_GIVE_UP_MS',
    schema: durationMs,
    default: '600000',
    unit: 'ms',
    description: 'How long rebuilding may go on without progress before the process ends with 1.',
  },
  fatalExitMs: {
    env: 'PIPELINE_FATAL_EXIT_MS',
    schema: durationMs,
    default: '60000',
    unit: 'ms',
    description:
      'How long an error of configuration or permission may last before the process ends with 1.',
  },
  controlPollMs: {
    env: 'PIPELINE_CONTROL_POLL_MS',
    schema: durationMs,
    default: '2000',
    unit: 'ms',
    description: 'How often pauses and resumes of operators are read from the control store.',
  },
  topicEpoch: {
    env: 'PIPELINE_TOPIC_EPOCH',
    schema: count,
    default: '1',
    description:
      'Part of the identity of records without ce_id; raise it when a topic is recreated.',
  },
} as const;

export type PipelineFields = typeof fields;

/** Settings of the delivery core: bounds of lanes, commits and records. */
export const pipelineSettings = defineSettings('pipeline', fields, { lints: PIPELINE_LINTS });

export type PipelineSettings = SettingsOf<typeof pipelineSettings>;
