import { type HealthIndicatorService } from '@nestjs/terminus';
import type { HealthCheckResult, HealthIndicatorResult } from '@nestjs/terminus';
import { type EventLoopWatch, LONGEST_TICK_AGE_MS } from './event-loop-watch';
import { type HealthRegistry } from './health-registry';
import type { CheckResult, HealthState } from './health-registry';
import type { HealthOptions, LifecycleClock } from './health.options';
import { type Lifecycle } from './lifecycle';
import type { LifecycleState } from './lifecycle';

/** An answer of a probe: HTTP status and body. */
export interface ProbeAnswer<Body = HealthCheckResult> {
  readonly httpStatus: 200 | 503;
  readonly body: Body;
}

/** The summary for people: GET /health. */
export interface HealthSummary {
  readonly status: 'ok' | 'unavailable';
  readonly service: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly state: LifecycleState;
  readonly checks: Readonly<Record<string, HealthState & { readonly critical: boolean }>>;
}

/**
 * Makes the answers of the probes from memory.
 *
 * Promises: no I/O, no new connection, no broker or database call; a failing dependency is data, never
 * an exception, and never fails liveness.
 */
export class HealthAnswers {
  private readonly startedAtMs: number;

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly registry: HealthRegistry,
    private readonly eventLoop: EventLoopWatch,
    private readonly indicators: HealthIndicatorService,
    private readonly options: Pick<HealthOptions, 'service' | 'version'> & {
      readonly clock: LifecycleClock;
    },
  ) {
    this.startedAtMs = options.clock.monotonicMs();
  }

  /** Live: the event loop turns, and nobody has said that only a new process helps. */
  live(): ProbeAnswer {
    const ageMs = Math.round(this.eventLoop.ageMs());
    const { hasFailed } = this.lifecycle;
    return answer([
      this.indicate('event_loop', ageMs < LONGEST_TICK_AGE_MS, { tickAgeMs: ageMs }),
      this.indicate('service', !hasFailed, { failed: hasFailed }),
    ]);
  }

  /** Started: configuration and modules are ready, HTTP listens. */
  started(): ProbeAnswer {
    const { isBootstrapped, state } = this.lifecycle;
    return answer([this.indicate('bootstrap', isBootstrapped, { state })]);
  }

  /** Ready: serving, and every critical check is up or degraded. */
  ready(): ProbeAnswer {
    const { state, hasFailed } = this.lifecycle;
    const checks = this.registry.read();
    const { httpStatus, body } = answer(
      [
        this.indicate('lifecycle', state === 'serving' && !hasFailed, { state }),
        ...checks.map((check) => this.indicateCheck(check)),
      ],
      checks.filter(({ critical }) => !critical).map(({ name }) => name),
    );
    const isStopping = state === 'draining' || state === 'stopped';
    return { httpStatus, body: isStopping ? { ...body, status: 'shutting_down' } : body };
  }

  /** For people; the status is that of readiness. */
  summary(): ProbeAnswer<HealthSummary> {
    const { httpStatus } = this.ready();
    const { service, version, clock } = this.options;
    const checks = this.registry
      .read()
      .map(({ name, critical, state }) => [name, { ...state, critical }] as const);
    return {
      httpStatus,
      body: {
        status: httpStatus === 200 ? 'ok' : 'unavailable',
        service,
        version,
        uptimeSeconds: Math.floor((clock.monotonicMs() - this.startedAtMs) / 1_000),
        state: this.lifecycle.state,
        checks: Object.fromEntries(checks),
      },
    };
  }

  private indicateCheck({ name, critical, state }: CheckResult): HealthIndicatorResult {
    const { status, ...details } = state;
    const isDegraded = status === 'degraded' ? { degraded: true } : {};
    return this.indicate(name, status !== 'down', { critical, ...isDegraded, ...details });
  }

  private indicate(
    name: string,
    isUp: boolean,
    details: Record<string, unknown>,
  ): HealthIndicatorResult {
    const session = this.indicators.check(name);
    return isUp ? session.up(details) : session.down(details);
  }
}

/** Terminus' shape: `info` = up, `error` = down and critical, `details` = all. */
function answer(
  results: readonly HealthIndicatorResult[],
  uncritical: readonly string[] = [],
): ProbeAnswer {
  const entries = results.flatMap((result) => Object.entries(result));
  const down = entries.filter(([, { status }]) => status === 'down');
  const failing = down.filter(([name]) => !uncritical.includes(name));
  const info = entries.filter(([, { status }]) => status !== 'down');
  return {
    httpStatus: failing.length === 0 ? 200 : 503,
    body: {
      status: failing.length === 0 ? 'ok' : 'error',
      info: Object.fromEntries(info),
      error: Object.fromEntries(failing),
      details: Object.fromEntries(entries),
    },
  };
}
