import { Logger } from '@nestjs/common';
import type { HealthCheck, HealthState } from 'millrace/health';
import type { Clock } from 'millrace/retry';
import type { MongoConnection } from './mongo.connection';
import { callError } from './mongo.translation';

/** Time between the answer to one ping and the next ping; unit ms. */
export const PING_INTERVAL_MS = 5_000;
/** Age at which an answer no longer says anything; unit ms. */
export const PING_STALE_MS = 3 * PING_INTERVAL_MS;

/**
 * Pings the primary and remembers the answer.
 *
 * Promises: reading never waits and never asks the server; `up` only after a real round trip that is
 * younger than {@link PING_STALE_MS}. The state of the client's own monitoring does not count: it
 * stays `connected` behind a half-open socket.
 */
export class MongoHealth implements HealthCheck {
  readonly name = 'mongo';
  readonly critical = true;
  private readonly logger = new Logger('Mongo');
  private answeredAtMs: number | null = null;
  private reason: string | null = 'not connected yet';
  private lostAtMs: number | null = null;
  private cancelNext: (() => void) | null = null;
  private isRunning = false;

  constructor(
    private readonly connection: Pick<
      MongoConnection,
      'address' | 'certificate' | 'isClosed' | 'ping'
    >,
    private readonly clock: Clock,
  ) {}

  read(): HealthState {
    const { certificate } = this.connection;
    return { ...this.state(), ...(certificate && { certificate }) };
  }

  private state(): HealthState {
    const { address } = this.connection;
    const ageMs = this.ageMs();
    if (this.reason !== null) return { status: 'down', address, reason: this.reason };
    if (ageMs === null || ageMs > PING_STALE_MS) {
      return { status: 'down', address, reason: 'no ping was answered lately' };
    }
    return { status: 'up', address, lastPingAgeMs: Math.round(ageMs) };
  }

  /** Begins to ping; a server has just answered. */
  start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.succeeded();
    this.scheduleNext();
  }

  stop(): void {
    this.isRunning = false;
    this.cancelNext?.();
    this.cancelNext = null;
  }

  private scheduleNext(): void {
    if (!this.isRunning || this.connection.isClosed) return;
    this.cancelNext = this.clock.setTimer(() => void this.check(), PING_INTERVAL_MS);
  }

  /** Never rejects. */
  private async check(): Promise<void> {
    if (!this.isRunning || this.connection.isClosed) return;
    try {
      await this.connection.ping();
      this.succeeded();
    } catch (error) {
      this.failed(error);
    }
    this.scheduleNext();
  }

  private succeeded(): void {
    this.answeredAtMs = this.clock.monotonicMs();
    this.reason = null;
    if (this.lostAtMs === null) return;
    const downMs = Math.round(this.answeredAtMs - this.lostAtMs);
    this.lostAtMs = null;
    const { address } = this.connection;
    this.logger.log(
      { event: 'mongo.restored', address, down_ms: downMs },
      `MongoDB connection restored: ${address} answers again after ${downMs} ms`,
    );
  }

  private failed(error: unknown): void {
    if (this.connection.isClosed) return;
    const { code, message } = callError(error);
    this.reason = `${code}: ${message}`;
    if (this.lostAtMs !== null) return;
    this.lostAtMs = this.clock.monotonicMs();
    const { address } = this.connection;
    this.logger.warn(
      { event: 'mongo.disconnected', address, error_code: code, error: message },
      `MongoDB ${address} does not answer: ${message}`,
    );
  }

  private ageMs(): number | null {
    return this.answeredAtMs === null ? null : this.clock.monotonicMs() - this.answeredAtMs;
  }
}
