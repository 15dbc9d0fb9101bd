import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import type { HealthCheck, HealthState } from 'millrace/health';
import type { ProducerPort, PublishResult } from 'millrace/pipeline';
import { exponential } from 'millrace/retry';
import type { Clock, Random } from 'millrace/retry';
import { callError } from '../mongo.translation';
import { outgoingRecord } from './outbox.document';
import type { OutboxDocument } from './outbox.document';
import type { OutboxLease } from './outbox.lease';
import type { OutboxMetrics } from './outbox.metrics';
import type { OutboxSettings } from './outbox.options';
import type { OutboxCounts, OutboxStore } from './outbox.store';
import { Wake } from './wake';

export interface OutboxRelayParts {
  readonly store: Pick<OutboxStore, 'counts' | 'pending' | 'published' | 'refused'>;
  readonly lease: Pick<OutboxLease, 'hold' | 'isHeld' | 'leftMs' | 'release'>;
  readonly producer: Pick<ProducerPort, 'close' | 'publish'>;
  readonly metrics: OutboxMetrics;
  readonly settings: OutboxSettings;
  readonly clock: Clock;
  readonly random: Random;
}

/** Longest wait for the acknowledgement of one hand-over; unit ms. */
const PUBLISH_DEADLINE_MS = 10_000;
const COUNT_EVERY_MS = 5_000;
const BACKOFF = exponential({ initialMs: 200, maxMs: 5_000 });

/**
 * Brings committed events to Kafka: reads, publishes, and forgets what was acknowledged.
 *
 * Promises: nothing is forgotten before all in-sync replicas have it; events of a key are handed over
 * in their order, one batch at a time; an event that Kafka refuses for ever is set aside with its
 * error, and what comes behind it goes on; only the process that holds the lease publishes.
 *
 * After a crash between acknowledgement and deletion an event comes again, with the same event id.
 */
export class OutboxRelay implements HealthCheck {
  readonly name = 'outbox';
  readonly critical = false;
  private readonly logger = new Logger('Outbox');
  private readonly wake: Wake;
  private running: Promise<void> | null = null;
  private isStopped = false;
  private failures = 0;
  private counts: OutboxCounts | null = null;
  private countedAtMs = Number.NEGATIVE_INFINITY;
  private lastError: string | null = null;

  constructor(private readonly parts: OutboxRelayParts) {
    this.wake = new Wake(parts.clock);
  }

  /** Something was committed; look at once. */
  poke(): void {
    this.wake.poke();
  }

  /** Begins to relay; a second call is harmless. */
  start(): void {
    this.running ??= this.run();
  }

  /** Finishes the batch in hand and gives the lease back. */
  async stop({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.isStopped = true;
    this.wake.poke();
    await this.running;
    await this.parts.lease.release().catch(() => undefined);
    await this.parts.producer.close({ deadlineMs });
  }

  read(): HealthState {
    const { counts, parts, lastError } = this;
    const relay = parts.lease.isHeld ? 'active' : 'standby';
    if (counts === null) return { status: 'up', relay };
    const { pending, refused, oldestAt } = counts;
    const ageMs = oldestAt === null ? 0 : Math.max(0, parts.clock.now() - oldestAt.getTime());
    const isLate = ageMs >= parts.settings.warnAgeMs;
    const details = { relay, pending, refused, oldestAgeMs: Math.round(ageMs) };
    const error = lastError === null ? {} : { error: lastError };
    return { status: isLate || refused > 0 ? 'degraded' : 'up', ...details, ...error };
  }

  private async run(): Promise<void> {
    const { pollMs } = this.parts.settings;
    while (!this.isStopped) {
      const waitMs = await this.round().catch((thrown: unknown) => this.onFailure(thrown));
      if (waitMs > 0 && !this.isStopped) await this.wake.wait(Math.max(waitMs, 1));
    }
    if (pollMs > 0) this.parts.metrics.standBy();
  }

  /** @returns how long to wait for the next one; 0 = there may be more; unit ms. */
  private async round(): Promise<number> {
    const { store, lease, metrics, settings, clock } = this.parts;
    if (!(await lease.hold())) {
      metrics.standBy();
      this.counts = null;
      return Math.min(settings.pollMs, settings.leaseMs / 3);
    }
    const batch = await store.pending();
    const isDone = batch.length === 0 || (await this.publish(batch));
    const isDue = clock.monotonicMs() - this.countedAtMs >= COUNT_EVERY_MS;
    if (isDue) await this.count();
    if (!isDone) return this.backOff();
    this.failures = 0;
    this.lastError = null;
    return batch.length === 0 ? settings.pollMs : 0;
  }

  /** @returns false when something of it has to be tried again. */
  private async publish(batch: readonly OutboxDocument[]): Promise<boolean> {
    const { store, lease, producer, metrics } = this.parts;
    // Whoever takes the lease after its end must not meet this call.
    const deadlineMs = Math.min(PUBLISH_DEADLINE_MS, lease.leftMs);
    if (deadlineMs <= 0) return true;
    const results = await producer.publish(batch.map(outgoingRecord), { deadlineMs });
    const acked = batch.filter((_, index) => results[index]?.status === 'acked');
    await store.published(acked);
    metrics.acknowledged(acked.map(({ topic }) => topic));
    let left = 0;
    for (const [index, document] of batch.entries()) {
      const result = results[index];
      if (result?.status === 'acked') continue;
      if (isRefused(result)) await this.setAside(document, result.error);
      else left += 1;
    }
    if (left === 0) return true;
    metrics.failed('retry', left);
    const first = results.find((result) => result.status !== 'acked' && !isRefused(result));
    this.report(first !== undefined && 'error' in first ? first.error.message : 'no answer', left);
    return false;
  }

  private async setAside(document: OutboxDocument, error: MillraceError): Promise<void> {
    await this.parts.store.refused(document, error);
    this.parts.metrics.failed('refused');
    this.countedAtMs = Number.NEGATIVE_INFINITY;
    const { eventId, topic } = document;
    this.logger.error(
      { event: 'outbox.refused', event_id: eventId, topic, error_code: error.code },
      `Kafka will never take event ${eventId} for topic ${topic} and it is set aside: ${error.message}`,
    );
  }

  private async count(): Promise<void> {
    const { store, metrics, clock } = this.parts;
    this.counts = await store.counts();
    this.countedAtMs = clock.monotonicMs();
    metrics.counted(this.counts, clock.now());
  }

  private onFailure(thrown: unknown): number {
    this.parts.metrics.failed('database');
    this.report(callError(thrown).message, 0);
    return this.backOff();
  }

  private backOff(): number {
    this.failures += 1;
    return BACKOFF.delayMs(this.failures, this.parts.random) + 1;
  }

  /** An outage is told, not each attempt of it. */
  private report(reason: string, left: number): void {
    if (this.lastError === null) {
      const what = left === 0 ? 'the outbox cannot be read' : `${left} events of the outbox wait`;
      this.logger.warn({ event: 'outbox.waiting', error: reason }, `${what}: ${reason}`);
    }
    this.lastError = reason;
  }
}

/** Certainly not in the log, and never will be. */
function isRefused(
  result: PublishResult | undefined,
): result is Extract<PublishResult, { status: 'failed' }> {
  return result?.status === 'failed' && result.error.failure === 'permanent';
}
