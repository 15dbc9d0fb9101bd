import { describeLints } from 'millrace/testing';
import { consoleSettings } from './console.config';

const ON = { CONSOLE_ENABLED: 'true' };
const TOKEN = { CONSOLE_TOKEN_HASH: `operator/ann:${'a'.repeat(64)}` };

describeLints('console', {
  slice: consoleSettings,
  cases: {
    CONSOLE_TOKEN_MISSING: { unsafe: ON, safe: { ...ON, ...TOKEN } },
    ADMIN_PORT_PUBLIC: {
      unsafe: { ...ON, CONSOLE_HOST: '0.0.0.0' },
      safe: { ...ON, ...TOKEN, CONSOLE_HOST: '0.0.0.0' },
    },
  },
});
