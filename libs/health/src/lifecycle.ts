import { Logger } from '@nestjs/common';
import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleDestroy,
} from '@nestjs/common';
import { connectAll } from './connect-loop';
import { errorFacts } from './error-facts';
import { LifecycleParticipantLateError, LifecycleStoppedError } from './health.errors';
import { LIFECYCLE_DEFAULTS } from './health.options';
import type { LifecycleOptions } from './health.options';
import type { Participant } from './participant';
import { runPhase } from './shutdown-phase';
import { pause } from './within-budget';

/** Closed set, in this order; a service that never served goes from `starting` to `draining`. */
export const LIFECYCLE_STATES = ['starting', 'serving', 'draining', 'stopped'] as const;
export type LifecycleState = (typeof LIFECYCLE_STATES)[number];

export type LifecycleListener = (state: LifecycleState) => void;
export type FailureListener = (error: unknown) => void;

/** Of a shutdown in a hurry the drain gets this share, the close the rest. */
const HURRIED_DRAIN_SHARE = 0.75;

/**
 * Leads the participants of a service from start to stop; Nest calls the hooks.
 *
 * Promises: starting waits for nobody, HTTP answers meanwhile; `serving` only after every participant
 * connected; readiness falls before anything stops; drains end before HTTP closes, closes come after;
 * nothing takes longer than its budget.
 *
 * @see docs/architecture.md, "Life cycle"
 */
export class Lifecycle
  implements
    OnApplicationBootstrap,
    OnModuleDestroy,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  private readonly logger = new Logger('Lifecycle');
  private readonly options: Required<LifecycleOptions>;
  private readonly participants: Participant[] = [];
  private readonly listeners = new Set<LifecycleListener>();
  private readonly failureListeners = new Set<FailureListener>();
  private firstFailure: { readonly error: unknown } | null = null;
  /** End of everything, when the shutdown is in a hurry. */
  private hurryEndMs = Infinity;
  private readonly connecting = new AbortController();
  private current: LifecycleState = 'starting';
  private bootstrapped = false;
  private hasServed = false;
  private drainStartedAtMs = 0;
  private draining: Promise<void> | undefined;

  constructor(options: LifecycleOptions = {}) {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    this.options = { ...LIFECYCLE_DEFAULTS, ...(Object.fromEntries(given) as LifecycleOptions) };
  }

  get state(): LifecycleState {
    return this.current;
  }

  /** True once configuration and modules are ready; from then on HTTP can answer. */
  get isBootstrapped(): boolean {
    return this.bootstrapped;
  }

  /**
   * Adds a participant, in a constructor or in `onModuleInit`; the same object twice is harmless.
   *
   * @throws {LifecycleParticipantLateError} LIFECYCLE_PARTICIPANT_LATE once the service served or stops.
   */
  register(participant: Participant): void {
    if (this.participants.includes(participant)) return;
    if (this.current !== 'starting') {
      throw new LifecycleParticipantLateError({
        message: `participant "${participant.name}" registers while the service is ${this.current}`,
        facts: { participant: participant.name, state: this.current },
      });
    }
    this.participants.push(participant);
  }

  /**
   * Resolves when the service serves; at once when it does.
   *
   * @throws {LifecycleStoppedError} LIFECYCLE_STOPPED when the shutdown begins before.
   */
  async whenServing(): Promise<void> {
    if (this.current === 'serving') return;
    if (this.current !== 'starting') throw new LifecycleStoppedError();
    await new Promise<void>((resolve, reject) => {
      const stopListening = this.onStateChange((state) => {
        stopListening();
        if (state === 'serving') resolve();
        else reject(new LifecycleStoppedError());
      });
    });
  }

  /**
   * Tells every later change of state, synchronously; a listener that throws is logged.
   *
   * @returns a function that removes the listener.
   */
  onStateChange(listener: LifecycleListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** True once {@link Lifecycle.fail} was called; it stays so. */
  get hasFailed(): boolean {
    return this.firstFailure !== null;
  }

  /**
   * Says that the service cannot go on and nothing but a new process helps.
   *
   * Liveness and readiness fail at once, for good; the listeners are told once and log it. The lib
   * ends no process: whoever started the service does.
   */
  fail(error: unknown): void {
    if (this.firstFailure !== null) return;
    this.firstFailure = { error };
    for (const listener of [...this.failureListeners]) listener(error);
  }

  /**
   * Tells the failure of the service, synchronously; at once when it has failed already.
   *
   * @returns a function that removes the listener.
   */
  onFailure(listener: FailureListener): () => void {
    if (this.firstFailure !== null) listener(this.firstFailure.error);
    this.failureListeners.add(listener);
    return () => this.failureListeners.delete(listener);
  }

  /**
   * Makes readiness fail now. Nest's hook calls it; a signal handler may do so earlier.
   *
   * @param withinMs - for a crash: drain and close together take no longer, and nobody waits for load
   * balancers; unit ms. Default: the budgets of the options.
   */
  beginDrain(withinMs?: number): void {
    if (withinMs !== undefined) {
      this.hurryEndMs = Math.min(this.hurryEndMs, this.options.clock.monotonicMs() + withinMs);
    }
    if (this.current !== 'starting' && this.current !== 'serving') return;
    this.drainStartedAtMs = this.options.clock.monotonicMs();
    this.connecting.abort();
    this.enter('draining');
    this.logger.log({ event: 'app.drain' }, 'draining');
  }

  onApplicationBootstrap(): void {
    if (this.bootstrapped) return;
    this.bootstrapped = true;
    void this.connect();
  }

  onModuleDestroy(): void {
    this.beginDrain();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.beginDrain();
    this.draining ??= this.drain();
    await this.draining;
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.current === 'stopped') return;
    this.beginDrain();
    const { clock } = this.options;
    await runPhase('close', this.participants, {
      clock,
      budgetMs: this.budgetMs('closeBudgetMs', 1),
      logger: this.logger,
    });
    this.enter('stopped');
    const drainMs = Math.round(clock.monotonicMs() - this.drainStartedAtMs);
    this.logger.log({ event: 'app.stop', drain_ms: drainMs }, `stopped after ${drainMs} ms`);
  }

  private async drain(): Promise<void> {
    const { clock, readinessLagMs } = this.options;
    const budgetMs = this.budgetMs('drainBudgetMs', HURRIED_DRAIN_SHARE);
    // Who never was ready has no load balancer to wait for; who crashes has no time.
    const hasToWait = this.hasServed && readinessLagMs > 0 && this.hurryEndMs === Infinity;
    await Promise.all([
      hasToWait ? pause(clock, readinessLagMs) : undefined,
      runPhase('drain', this.participants, { clock, budgetMs, logger: this.logger }),
    ]);
  }

  private budgetMs(name: 'drainBudgetMs' | 'closeBudgetMs', hurriedShare: number): number {
    const leftMs = Math.max(0, this.hurryEndMs - this.options.clock.monotonicMs());
    return Math.min(this.options[name], leftMs * hurriedShare);
  }

  private async connect(): Promise<void> {
    const { clock, random } = this.options;
    const { signal } = this.connecting;
    await connectAll(() => this.participants, { clock, random, signal, logger: this.logger });
    if (this.current !== 'starting') return;
    this.hasServed = true;
    this.enter('serving');
    this.logger.log({ event: 'app.ready' }, 'serving');
  }

  private enter(state: LifecycleState): void {
    this.current = state;
    for (const listener of [...this.listeners]) {
      try {
        listener(state);
      } catch (error) {
        this.logger.error(
          { event: 'app.failed', ...errorFacts(error) },
          'a listener of the state failed',
        );
      }
    }
  }
}
