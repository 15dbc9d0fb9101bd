import { serviceSettings } from 'millrace/config';
import { describeLints } from 'millrace/testing';
import { pipelineSettings } from './pipeline.config';

describeLints('pipeline', {
  slice: pipelineSettings,
  beside: [serviceSettings],
  cases: {
    REVOKE_DRAIN_EXCEEDS_DRAIN: {
      unsafe: { DRAIN_BUDGET_MS: '4999' },
      safe: { DRAIN_BUDGET_MS: '5000' },
    },
    GIVES_UP_BEFORE_STALL: {
      unsafe: { PIPELINE_GIVE_UP_MS: '120000' },
      safe: { PIPELINE_GIVE_UP_MS: '120001' },
    },
    SLICE_EXCEEDS_LANE: {
      unsafe: { PIPELINE_SLICE_RECORDS: '501' },
      safe: { PIPELINE_SLICE_RECORDS: '500' },
    },
    RECORD_EXCEEDS_LANE: {
      unsafe: { PIPELINE_MAX_RECORD_BYTES: '4194305' },
      safe: { PIPELINE_MAX_RECORD_BYTES: '4194304' },
    },
    COMMIT_INTERVAL_LONG: {
      unsafe: { PIPELINE_COMMIT_INTERVAL_MS: '60001' },
      safe: { PIPELINE_COMMIT_INTERVAL_MS: '60000' },
    },
    CONTROL_POLL_LONG: {
      unsafe: { PIPELINE_CONTROL_POLL_MS: '30001' },
      safe: { PIPELINE_CONTROL_POLL_MS: '30000' },
    },
  },
});
