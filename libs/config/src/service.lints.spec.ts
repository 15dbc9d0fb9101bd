import { serviceSettings } from 'millrace/config';
import { describeLints } from 'millrace/testing';

describeLints('every service', {
  slice: serviceSettings,
  cases: {
    // The drain, 5 s for HTTP, 10 s to close and 5 s of margin.
    DRAIN_EXCEEDS_GRACE: {
      unsafe: {
        PRE_STOP_MS: '0',
        DRAIN_BUDGET_MS: '25001',
        TERMINATION_GRACE_PERIOD_SECONDS: '45',
      },
      safe: { PRE_STOP_MS: '0', DRAIN_BUDGET_MS: '25000', TERMINATION_GRACE_PERIOD_SECONDS: '45' },
    },
    TLS_VERIFICATION_OFF: {
      unsafe: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      safe: { NODE_TLS_REJECT_UNAUTHORIZED: '1' },
    },
    LOG_NOT_READABLE: { unsafe: { LOG_LEVEL: 'error' }, safe: { LOG_LEVEL: 'warn' } },
  },
});
