import { Logger } from '@nestjs/common';
import { sleep } from 'millrace/retry';
import type { Clock, Random } from 'millrace/retry';
import type { BrokerConnection } from './broker.connection';

/** How often connections are looked at, on average; unit ms. */
const LOOK_EVERY_MS = 5_000;
/** Between two of them, so that one is open while the other is made; unit ms. */
const PAUSE_MS = 200;
/** How long an answer is awaited before a connection is cut; longer than a rebalance takes; unit ms. */
const PATIENCE_MS = 120_000;

export interface ConnectionRecyclerParts {
  /** Open connections, those of producers first. */
  readonly connections: () => readonly BrokerConnection[];
  /** Makes a connection with what is good now, and closes it. Rejects when the brokers refuse it. */
  readonly probe: () => Promise<void>;
  /** Nothing younger is touched: it is being made; unit ms. */
  readonly settledAfterMs: number;
  /** Nothing is kept longer; unit ms. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Replaces connections that were made with an older certificate or password, and those that are too
 * old: one after the other, each when it awaits no answer.
 *
 * Promise: none is given up while the brokers refuse a new one.
 *
 * The brokers look at a certificate only when a connection is made.
 *
 * @see docs/architecture.md, "Exchanged certificates"
 */
export class ConnectionRecycler {
  private readonly logger = new Logger('Kafka');
  private readonly stop = new AbortController();
  private isRefused = false;
  private madeBeforeMs = Number.NEGATIVE_INFINITY;
  private cancel: (() => void) | null = null;

  constructor(private readonly parts: ConnectionRecyclerParts) {}

  start(): void {
    if (this.stop.signal.aborted) return;
    const { clock, random } = this.parts;
    // Not all pods at the same moment.
    const delayMs = LOOK_EVERY_MS * (0.5 + random());
    this.cancel = clock.setTimer(() => void this.replaceAll().finally(() => this.start()), delayMs);
  }

  close(): void {
    this.stop.abort();
    this.cancel?.();
  }

  /** From now on connections are made with something else: those that are open are old. */
  exchanged(): void {
    this.madeBeforeMs = this.parts.clock.monotonicMs();
  }

  private async replaceAll(): Promise<void> {
    const { clock } = this.parts;
    const { signal } = this.stop;
    let cut = 0;
    const old = this.parts.connections().filter((connection) => this.isOld(connection));
    if (old.length === 0 || !(await this.isWelcome())) return;
    for (const connection of old) {
      if (!(await this.replace(connection))) cut += 1;
      if (signal.aborted) return;
      await sleep(clock, PAUSE_MS, signal).catch(() => undefined);
    }
    this.logger.log(
      { event: 'kafka.connections.replaced', connections: old.length, cut },
      `${old.length} connections to kafka were replaced by new ones`,
    );
  }

  private async isWelcome(): Promise<boolean> {
    try {
      await this.parts.probe();
      this.isRefused = false;
      return true;
    } catch (error) {
      if (!this.isRefused) {
        this.logger.warn(
          { event: 'kafka.connections.kept' },
          `the connections to kafka stay as they were, a new one is refused: ${(error as Error).message}`,
        );
      }
      this.isRefused = true;
      return false;
    }
  }

  private async replace(connection: BrokerConnection): Promise<boolean> {
    const enough = new AbortController();
    const cancel = this.parts.clock.setTimer(() => enough.abort(), PATIENCE_MS);
    const left = await connection.leave(enough.signal);
    cancel();
    return left;
  }

  private isOld({ openedAtMs, isOpen }: BrokerConnection): boolean {
    const { clock, maxAgeMs, settledAfterMs } = this.parts;
    const ageMs = clock.monotonicMs() - openedAtMs;
    return (
      isOpen && ageMs >= settledAfterMs && (openedAtMs < this.madeBeforeMs || ageMs >= maxAgeMs)
    );
  }
}
