import { ALLOW_VARIABLE } from './lint';
import { durationMs, flag, list, oneOf, port, text } from './schemas';
import { SERVICE_LINTS } from './service.lints';
import { ENVIRONMENTS } from './setting';
import { defineSettings } from './settings-slice';
import type { SettingsOf, SettingsSlice } from './settings-slice';

/** Levels of the log, most telling first; closed set. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const processFields = {
  environment: {
    env: 'NODE_ENV',
    schema: oneOf(...ENVIRONMENTS),
    default: 'development',
    description: 'Where the process runs; production refuses what is unsafe.',
  },
  version: {
    env: 'SERVICE_VERSION',
    schema: text,
    default: '0.0.0',
    description: 'Version in logs, health and pipeline_build_info.',
  },
  commit: {
    env: 'SERVICE_COMMIT',
    schema: text,
    default: 'unknown',
    description: 'Commit in pipeline_build_info.',
  },
  logLevel: {
    env: 'LOG_LEVEL',
    schema: oneOf(...LOG_LEVELS),
    default: 'info',
    description: 'Lowest level that is logged; stacks of expected errors need debug.',
  },
  logPretty: {
    env: 'LOG_PRETTY',
    schema: flag,
    default: 'false',
    description: 'Lines for people instead of JSON; needs pino-pretty, for development only.',
  },
  nodeTlsVerification: {
    env: 'NODE_TLS_REJECT_UNAUTHORIZED',
    schema: text.optional(),
    description: 'Switch of Node.js for all TLS of the process; 0 is refused everywhere.',
  },
  allow: {
    env: ALLOW_VARIABLE,
    schema: list.optional(),
    description:
      'Ids of lints, between commas, in spite of which the service starts; each is told loudly.',
  },
} as const;

// Defaults: steps 2-7, 8 and 9-11 of the drain; the readiness lag runs beside the drain.
const shutdownFields = {
  preStopMs: {
    env: 'PRE_STOP_MS',
    schema: durationMs,
    default: { production: '5000', otherwise: '0' },
    unit: 'ms',
    description: 'Copy of the preStop sleep of the pod; counts against the grace period.',
  },
  readinessLagMs: {
    env: 'READINESS_LAG_MS',
    schema: durationMs,
    default: { production: '5000', otherwise: '0' },
    unit: 'ms',
    description: 'How long HTTP goes on after readiness fails, so that load balancers notice.',
  },
  drainBudgetMs: {
    env: 'DRAIN_BUDGET_MS',
    schema: durationMs,
    default: '25500',
    unit: 'ms',
    description:
      'Longest drain: records in flight finish, dead letters are flushed, commit, leave.',
  },
  httpCloseBudgetMs: {
    env: 'HTTP_CLOSE_BUDGET_MS',
    schema: durationMs,
    default: '5000',
    unit: 'ms',
    description: 'Longest wait for open HTTP requests.',
  },
  closeBudgetMs: {
    env: 'CLOSE_BUDGET_MS',
    schema: durationMs,
    default: '10000',
    unit: 'ms',
    description: 'Longest close of producers, databases and logs.',
  },
  terminationGracePeriodSeconds: {
    env: 'TERMINATION_GRACE_PERIOD_SECONDS',
    schema: durationMs,
    default: '60',
    unit: 's',
    description: 'Copy of the grace period of the pod; the budgets must fit into it.',
  },
} as const;

const httpFields = (httpPort: number) =>
  ({
    httpPort: {
      env: 'HTTP_PORT',
      schema: port,
      default: String(httpPort),
      description: 'Port of the HTTP server; 0 = any free port.',
    },
    httpHost: {
      env: 'HTTP_HOST',
      schema: text,
      default: '0.0.0.0',
      description: 'Address of the HTTP server; 127.0.0.1 for this machine only.',
    },
  }) as const;

export type ServiceFields = typeof processFields &
  ReturnType<typeof httpFields> &
  typeof shutdownFields;

/**
 * Makes the slice `service`: what every service has, whatever it does.
 *
 * @param defaults - `httpPort`: the port when `HTTP_PORT` is not set.
 */
export function defineServiceSettings(defaults: {
  readonly httpPort: number;
}): SettingsSlice<ServiceFields> {
  return defineSettings(
    'service',
    { ...processFields, ...httpFields(defaults.httpPort), ...shutdownFields },
    { lints: SERVICE_LINTS },
  );
}

/** The slice `service`, to read it; an app loads its own with its own port. */
export const serviceSettings = defineServiceSettings({ httpPort: 8000 });

export type ServiceSettings = SettingsOf<typeof serviceSettings>;
