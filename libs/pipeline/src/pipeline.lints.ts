import { defineLints, serviceSettings } from 'millrace/config';
import type { PipelineFields } from './pipeline.config';

const LONGEST_COMMIT_INTERVAL_MS = 60_000;

/** What is unsafe between settings of the pipeline, and with those of the service. */
export const PIPELINE_LINTS = defineLints<PipelineFields>([
  {
    id: 'REVOKE_DRAIN_EXCEEDS_DRAIN',
    severity: 'refuse',
    settings: ['PIPELINE_REVOKE_DRAIN_MS', 'DRAIN_BUDGET_MS'],
    danger: 'a stop is cut before the work in hand ends: it comes again after every deployment',
    fix: 'keep PIPELINE_REVOKE_DRAIN_MS at DRAIN_BUDGET_MS or less',
    check: ({ revokeDrainMs }, { find }) => {
      const drainBudgetMs = find(serviceSettings)?.drainBudgetMs ?? revokeDrainMs;
      if (revokeDrainMs <= drainBudgetMs) return null;
      return `work in hand may take ${revokeDrainMs} ms and the whole drain ${drainBudgetMs} ms`;
    },
  },
  {
    id: 'GIVES_UP_BEFORE_STALL',
    severity: 'refuse',
    settings: ['PIPELINE_GIVE_UP_MS', 'PIPELINE_STALL_MS'],
    danger: 'the process ends before a rebuilt client could have helped',
    fix: 'let PIPELINE_GIVE_UP_MS be longer than PIPELINE_STALL_MS, best five times',
    check: ({ giveUpMs, stallMs }) =>
      giveUpMs > stallMs
        ? null
        : `it gives up after ${giveUpMs} ms and a stall is called after ${stallMs} ms`,
  },
  {
    id: 'SLICE_EXCEEDS_LANE',
    severity: 'warn',
    settings: ['PIPELINE_SLICE_RECORDS', 'PIPELINE_MAX_IN_FLIGHT_RECORDS'],
    danger: 'no slice is ever full: each waits for its time, and throughput with it',
    fix: 'keep PIPELINE_SLICE_RECORDS at PIPELINE_MAX_IN_FLIGHT_RECORDS or less',
    check: ({ sliceRecords, maxInFlightRecords }) =>
      sliceRecords <= maxInFlightRecords
        ? null
        : `a slice takes ${sliceRecords} records and a partition holds ${maxInFlightRecords}`,
  },
  {
    id: 'RECORD_EXCEEDS_LANE',
    severity: 'warn',
    settings: ['PIPELINE_MAX_RECORD_BYTES', 'PIPELINE_MAX_IN_FLIGHT_BYTES'],
    danger: 'one allowed record holds more than a partition may have in hand',
    fix: 'keep PIPELINE_MAX_RECORD_BYTES at PIPELINE_MAX_IN_FLIGHT_BYTES or less',
    check: ({ maxRecordBytes, maxInFlightBytes }) =>
      maxRecordBytes <= maxInFlightBytes
        ? null
        : `a record may have ${maxRecordBytes} bytes and a partition holds ${maxInFlightBytes}`,
  },
  {
    id: 'COMMIT_INTERVAL_LONG',
    severity: 'warn',
    settings: ['PIPELINE_COMMIT_INTERVAL_MS'],
    danger: 'after a crash everything since the last commit is handled again',
    fix: `keep PIPELINE_COMMIT_INTERVAL_MS at ${LONGEST_COMMIT_INTERVAL_MS} or less`,
    check: ({ commitIntervalMs }) =>
      commitIntervalMs <= LONGEST_COMMIT_INTERVAL_MS
        ? null
        : `commits wait for ${commitIntervalMs} ms`,
  },
  {
    id: 'CONTROL_POLL_LONG',
    severity: 'warn',
    settings: ['PIPELINE_CONTROL_POLL_MS'],
    danger: 'a pause reaches the other processes only after that time',
    fix: 'keep PIPELINE_CONTROL_POLL_MS at 30000 or less',
    check: ({ controlPollMs }) =>
      controlPollMs <= 30_000 ? null : `pauses are read every ${controlPollMs} ms`,
  },
]);
