import { HealthCheckDuplicateError } from './health.errors';

/** Closed set; `degraded` is up, and worth a look. */
export const HEALTH_STATUSES = ['up', 'degraded', 'down'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** What a check knows now: a status and facts that may be shown to anyone in the cluster. */
export interface HealthState {
  readonly status: HealthStatus;
  readonly [detail: string]: unknown;
}

/** One line of the health answers. */
export interface HealthCheck {
  /** Key in the answers; example `kafka`. */
  readonly name: string;
  /** True: readiness fails while it is down. False: it is only shown. */
  readonly critical: boolean;
  /** Answers from memory: no I/O, no waiting, no work worth measuring. */
  read(): HealthState;
}

/** One check with its state of now. */
export interface CheckResult {
  readonly name: string;
  readonly critical: boolean;
  readonly state: HealthState;
}

/** Holds the checks of a service; adapters register theirs. */
export class HealthRegistry {
  private readonly checks = new Map<string, HealthCheck>();

  /**
   * Adds a check; the same object twice is harmless.
   *
   * @throws {HealthCheckDuplicateError} HEALTH_CHECK_DUPLICATE when another check has the name.
   */
  register(check: HealthCheck): void {
    const existing = this.checks.get(check.name);
    if (existing !== undefined && existing !== check) {
      throw new HealthCheckDuplicateError({
        message: `two health checks have the name "${check.name}"`,
        facts: { check: check.name },
      });
    }
    this.checks.set(check.name, check);
  }

  /** Reads every check, in the order of registration; one that throws is down. Never throws. */
  read(): readonly CheckResult[] {
    return [...this.checks.values()].map((check) => ({
      name: check.name,
      critical: check.critical,
      state: stateOf(check),
    }));
  }
}

function stateOf(check: HealthCheck): HealthState {
  try {
    return check.read();
  } catch {
    // The message might quote a connection string, and the answer is public in the cluster.
    return { status: 'down', reason: 'the check itself failed' };
  }
}
