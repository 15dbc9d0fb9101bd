import { DrainExceedsGraceError } from './config.errors';
import { defineLints } from './lint';
import type { ServiceFields } from './service.settings';
import type { SettingValues } from './setting';

/** Left between the end of the drain and SIGKILL; unit ms. */
const SAFETY_MARGIN_MS = 5_000;

/**
 * How long a shutdown may take from the signal to the exit; unit ms.
 *
 * @see docs/architecture.md, "Life cycle"
 */
export function shutdownBudgetMs(
  settings: Pick<
    SettingValues<ServiceFields>,
    'readinessLagMs' | 'drainBudgetMs' | 'httpCloseBudgetMs' | 'closeBudgetMs'
  >,
): number {
  const { readinessLagMs, drainBudgetMs, httpCloseBudgetMs, closeBudgetMs } = settings;
  return Math.max(readinessLagMs, drainBudgetMs) + httpCloseBudgetMs + closeBudgetMs;
}

/** What is unsafe for any service. */
export const SERVICE_LINTS = defineLints<ServiceFields>([
  {
    id: DrainExceedsGraceError.definition.code,
    severity: { production: 'refuse', otherwise: 'warn' },
    settings: [
      'TERMINATION_GRACE_PERIOD_SECONDS',
      'PRE_STOP_MS',
      'READINESS_LAG_MS',
      'DRAIN_BUDGET_MS',
      'HTTP_CLOSE_BUDGET_MS',
      'CLOSE_BUDGET_MS',
    ],
    danger: 'the platform kills the process in its drain: what was not committed comes again',
    fix: DrainExceedsGraceError.definition.fix,
    check: (values) => {
      const neededMs = values.preStopMs + shutdownBudgetMs(values) + SAFETY_MARGIN_MS;
      const graceMs = values.terminationGracePeriodSeconds * 1_000;
      if (neededMs <= graceMs) return null;
      return `the shutdown may take ${neededMs} ms and the grace period ends after ${graceMs} ms`;
    },
  },
  {
    id: 'TLS_VERIFICATION_OFF',
    severity: 'refuse',
    override: 'never',
    settings: ['NODE_TLS_REJECT_UNAUTHORIZED'],
    danger: 'whoever is on the network can be any server that this process talks to',
    fix: 'remove the variable, and give the CA of the server in the _TLS_CA_FILE of its settings',
    check: ({ nodeTlsVerification }) =>
      // Node takes any other text for on.
      nodeTlsVerification === '0' ? 'no certificate of any server is checked' : null,
  },
  {
    id: 'LOG_NOT_READABLE',
    severity: { production: 'warn', otherwise: 'off' },
    settings: ['LOG_PRETTY', 'LOG_LEVEL'],
    danger: 'nobody finds a record or an outage in the log of the cluster',
    fix: 'remove LOG_PRETTY, and let LOG_LEVEL be warn or more telling',
    check: ({ logPretty, logLevel }) => {
      if (logPretty) return 'lines for people are not JSON';
      const isMute = logLevel === 'silent' || logLevel === 'fatal' || logLevel === 'error';
      return isMute ? 'warnings are not logged' : null;
    },
  },
]);
