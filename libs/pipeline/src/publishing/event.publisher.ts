import { Inject } from '@nestjs/common';
import type { Contract } from 'millrace/contracts';
import type { MillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import type { ProducerPort, PublishResult } from '../ports/producer';
import { PublishUnknownError } from '../pipeline.errors';
import type { PipelineMetrics } from '../pipeline.metrics';
import { pipelineOf } from '../subscription';
import type { EventEntry, PreparedEvent } from './prepare-event';
import { prepareEvent } from './prepare-event';

export interface PublishOptions {
  /** Idempotency id; default a UUIDv7. Publishing again with the same id is the same event. */
  readonly eventId?: string;
  /** Longest wait for the acknowledgement; unit ms; default 10 000. */
  readonly deadlineMs?: number;
  /** Kafka's record timestamp; unit ms since the Unix epoch; default now. */
  readonly timestampMs?: number;
  readonly signal?: AbortSignal;
}

/** Where an acknowledged event is. */
export interface PublishedEvent {
  readonly eventId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export type PublishOutcome =
  PublishedEvent | { readonly eventId: string; readonly error: MillraceError };

export interface EventPublisherParts {
  readonly producer: ProducerPort;
  /** Becomes `ce_source`. */
  readonly source: string;
  readonly metrics: PipelineMetrics;
  readonly clock: Clock;
}

const DEADLINE_MS = 10_000;

/**
 * Publishes the events of one contract.
 *
 * Promises: an event is validated before it is sent; the answer comes after all in-sync replicas
 * have it; records with one key keep their order.
 */
export class EventPublisher<Event> {
  private readonly labels: { pipeline: string; topic: string };

  constructor(
    readonly contract: Contract<Event>,
    private readonly parts: EventPublisherParts,
  ) {
    this.labels = { pipeline: pipelineOf(contract.name), topic: contract.topic };
  }

  /**
   * Publishes one event.
   *
   * @throws {ContractInvalidError} CONTRACT_INVALID with every bad field in `facts.issues`; retryable: no.
   * @throws {EventIdInvalidError} EVENT_ID_INVALID; retryable: no.
   * @throws {MillraceError} PUBLISHER_OVERLOADED or KAFKA_UNAVAILABLE when it is certainly not in the
   * log; PUBLISH_UNKNOWN, with `facts.eventId`, when it may be. Retryable: yes, with the same event id.
   */
  async publish(event: Event, options: PublishOptions = {}): Promise<PublishedEvent> {
    const [outcome] = await this.publishAll([{ event, ...options }], options);
    if (outcome === undefined) throw new PublishUnknownError();
    if ('error' in outcome) throw outcome.error;
    return outcome;
  }

  /** Publishes many events; one answer per event, in order. Never rejects: a bad event fails alone. */
  async publishAll(
    events: ReadonlyArray<EventEntry<Event>>,
    options: Pick<PublishOptions, 'deadlineMs' | 'signal'> = {},
  ): Promise<readonly PublishOutcome[]> {
    const { clock, producer, metrics } = this.parts;
    const startedMs = clock.monotonicMs();
    const prepared = events.map((entry) => this.prepare(entry));
    const records = prepared.flatMap((entry) => ('record' in entry ? [entry.record] : []));
    const { deadlineMs = DEADLINE_MS, signal } = options;
    const results =
      records.length === 0
        ? []
        : await producer.publish(
            records,
            signal === undefined ? { deadlineMs } : { deadlineMs, signal },
          );
    let next = 0;
    const outcomes = prepared.map((entry) => {
      if ('error' in entry) return entry;
      const result = results[next];
      next += 1;
      return outcomeOf(entry.eventId, result);
    });
    this.count(outcomes);
    if (records.length > 0) {
      const seconds = (clock.monotonicMs() - startedMs) / 1_000;
      metrics.produceSeconds.observe({ pipeline: this.labels.pipeline }, seconds);
    }
    return outcomes;
  }

  private prepare(entry: EventEntry<Event>): PreparedEvent {
    const { source, clock } = this.parts;
    return prepareEvent(this.contract, entry, { source, nowMs: clock.now() });
  }

  private count(outcomes: readonly PublishOutcome[]): void {
    const failed = outcomes.filter((outcome) => 'error' in outcome).length;
    const { produced } = this.parts.metrics;
    produced.inc({ ...this.labels, outcome: 'error' }, failed);
    produced.inc({ ...this.labels, outcome: 'ok' }, outcomes.length - failed);
  }
}

function outcomeOf(eventId: string, result: PublishResult | undefined): PublishOutcome {
  if (result?.status === 'acked') {
    const { topic, partition, offset } = result;
    return { eventId, topic, partition, offset };
  }
  if (result?.status === 'failed') return { eventId, error: result.error };
  const error = new PublishUnknownError({
    message: `the deadline passed before Kafka acknowledged event ${eventId}`,
    cause: result?.error,
    facts: { eventId },
  });
  return { eventId, error };
}

/** Injection token of the {@link EventPublisher} of a contract. */
export function getPublisherToken(contract: Pick<Contract, 'name'>): string {
  return `millrace:publisher:${contract.name}`;
}

/** Injects the {@link EventPublisher} of a contract that `PipelineModule.forFeature` lists. */
export function InjectPublisher(contract: Pick<Contract, 'name'>): ParameterDecorator {
  return Inject(getPublisherToken(contract));
}
