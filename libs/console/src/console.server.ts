import { isLoopback } from 'millrace/config';
import type { Environment, Settings } from 'millrace/config';
import type { Metrics } from 'millrace/metrics';
import type { Operations } from 'millrace/operations';
import type { AuditLog } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { Authorization } from './access/authorization';
import { Gatekeeper } from './access/gatekeeper';
import { LoginAttempts } from './access/login-attempts';
import { LoginLink, developerToken } from './access/login-link';
import { Sessions } from './access/sessions';
import { consoleSettings, refuseUnguarded } from './console.config';
import { ConsoleAuditUnavailableError } from './console.errors';
import { ConsoleMetrics } from './console.metrics';
import { CONSOLE_DEFAULTS } from './console.options';
import type { ConsoleOptions } from './console.options';
import { ConsoleApi } from './http/console-api';
import { Idempotency } from './http/idempotency';
import { Writes } from './http/writes';
import { consoleRoutes } from './routes/console.routes';
import { EventStreams } from './stream/event-streams';
import { StateSampler } from './stream/state-sampler';

export interface ConsoleServerParts {
  readonly operations: Operations;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly settings: Settings;
  readonly environment: Environment;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly options: ConsoleOptions;
}

/** Everything that a listener serves. */
export interface ConsoleServer {
  readonly api: Pick<ConsoleApi, 'answer' | 'drain'>;
  readonly host: string;
  readonly port: number;
  /** Where to begin; holds the token of a developer the first time it is asked for. */
  linkPath(): string;
  /** Ends streams. */
  close(): void;
}

/**
 * Puts the console together; opens nothing.
 *
 * @returns null when it is off.
 * @throws {ConsoleTokenMissingError} CONSOLE_TOKEN_MISSING in production without tokens and hook.
 * @throws {AdminPortPublicError} ADMIN_PORT_PUBLIC for an address beyond this machine without them.
 */
export function createConsoleServer(parts: ConsoleServerParts): ConsoleServer | null {
  const { operations, settings, clock, options } = parts;
  const values = settings.get(consoleSettings);
  if (!values.enabled) return null;
  if (options.authorize === undefined) refuseUnguarded(values, parts.environment);
  const known = values.tokenHash?.reveal() ?? [];
  const developer = known.length === 0 && options.authorize === undefined ? developerToken() : null;
  const isSecure = !isLoopback(values.host);
  const { sessionTtlMs: ttlMs, sessions: limit, loginAttempts } = CONSOLE_DEFAULTS;
  const sessions = new Sessions({ ttlMs, limit, isSecure }, clock);
  const entries = developer === null ? known : [developer.entry];
  const attempts = new LoginAttempts(loginAttempts, clock);
  const gatekeeper = new Gatekeeper({ entries, sessions, attempts, clock });
  const metrics = new ConsoleMetrics(parts.metrics);
  const sampler = new StateSampler(operations);
  const streams = new EventStreams({ sampler, gatekeeper, metrics, clock });
  const audit = auditFirst(parts.audit);
  const services = { operations, audit, settings, console: values, sessions, streams, clock };
  const api = new ConsoleApi({
    routes: consoleRoutes(services),
    gatekeeper,
    authorization: new Authorization(options.authorize),
    login: new LoginLink({ gatekeeper, sessions, isOpen: developer !== null }),
    writes: new Writes(idempotency(clock)),
    origin: { host: values.host, origins: values.origins ?? [] },
    metrics,
    clock,
  });
  let link = developer?.link ?? '';
  return {
    api,
    host: values.host,
    port: values.port,
    linkPath: () => {
      const path = link;
      link = '';
      return path;
    },
    close: () => streams.close(),
  };
}

/** Whatever the reason: what cannot be written down is not done. */
function auditFirst(audit: Pick<AuditLog, 'append'>): Pick<AuditLog, 'append'> {
  return {
    append: async (entry) => {
      try {
        await audit.append(entry);
      } catch (cause) {
        throw new ConsoleAuditUnavailableError({ cause });
      }
    },
  };
}

function idempotency(clock: Clock): Idempotency {
  const { idempotencyTtlMs: ttlMs, idempotencyKeys: limit } = CONSOLE_DEFAULTS;
  return new Idempotency({ ttlMs, limit }, clock);
}
