import { recordContext } from 'millrace/logging';
import type { Failure } from '../failures/dead-letter.headers';
import type { KafkaRecord, TopicPartition } from '../ports/driver';
import type { Handling } from '../handling/handling';
import type { Outcome } from '../records/outcome';
import type { PipelineEvents } from '../pipeline.events';
import type { PipelineMetrics } from '../pipeline.metrics';
import { labelOf } from '../pipeline.metrics';
import type { PipelineRecord } from '../records/pipeline-record';
import type { HandlingScope } from '../records/record-context';
import type { RecordReader } from '../records/record-reader';
import type { Settlement } from '../failures/settlement';
import type { Subscription } from '../subscription';
import type { Clock } from 'millrace/retry';

export interface SliceWorkerParts {
  readonly subscription: Subscription;
  readonly read: RecordReader;
  readonly handling: Handling;
  readonly settlement: Settlement;
  readonly metrics: PipelineMetrics;
  readonly events: PipelineEvents;
  readonly clock: Clock;
}

/** Counts the records of a slice by outcome. */
export type OutcomeCounts = Partial<Record<Outcome, number>>;

/**
 * Brings every record of a slice to a durable outcome: read, handle, settle what failed.
 *
 * Promise: resolves only when that is so; rejects only when the lane's signal fired.
 *
 * @see docs/architecture.md, "How a record is processed", steps 3-5
 */
export class SliceWorker {
  private readonly route: { pipeline: string; topic: string; group: string };

  constructor(private readonly parts: SliceWorkerParts) {
    const { pipeline, topic, options } = parts.subscription;
    this.route = { pipeline, topic, group: options.groupId };
  }

  async process(
    records: readonly KafkaRecord[],
    lane: TopicPartition & { readonly signal: AbortSignal },
  ): Promise<void> {
    if (records.length === 0) return;
    const scope: HandlingScope = { ...lane, groupId: this.route.group };
    await recordContext.run({ ...this.route, partition: lane.partition }, () =>
      this.work(records, scope),
    );
  }

  private async work(records: readonly KafkaRecord[], scope: HandlingScope): Promise<void> {
    const { settlement, clock, handling } = this.parts;
    const startedMs = clock.monotonicMs();
    const counts: OutcomeCounts = {};
    this.parts.metrics.consumed.inc(this.route, records.length);
    const { readable, unreadable } = this.readAll(records, scope);
    await settlement.bury(unreadable, scope, counts);
    if (handling.unit === 'slice') {
      if (readable.length > 0) await settlement.settle(readable, scope, counts);
    } else {
      for (const record of readable) {
        recordContext.set({
          offset: record.raw.offset.toString(),
          event_id: record.eventId,
          attempt: 1,
        });
        await settlement.settle([record], scope, counts);
      }
    }
    this.report(readable, counts, records.length, startedMs);
  }

  private readAll(records: readonly KafkaRecord[], source: TopicPartition) {
    const readable: PipelineRecord[] = [];
    const unreadable: Failure[] = [];
    for (const record of records) {
      const read = this.parts.read(record, source);
      if (!('error' in read)) {
        readable.push(read);
        continue;
      }
      unreadable.push({
        ...read,
        record,
        source,
        attempts: 0,
        firstFailedAtMs: this.parts.clock.now(),
      });
    }
    return { readable, unreadable };
  }

  private report(
    readable: readonly PipelineRecord[],
    outcomes: OutcomeCounts,
    records: number,
    startedMs: number,
  ): void {
    const { metrics, events, clock } = this.parts;
    const { pipeline, topic, group } = this.route;
    for (const [outcome, count] of Object.entries(outcomes)) {
      metrics.processed.inc({ ...this.route, outcome: labelOf(outcome) }, count);
    }
    const nowMs = clock.now();
    const observeAge = metrics.eventAgeSeconds.observerOf({ pipeline });
    for (const { raw } of readable) observeAge(Math.max(0, nowMs - raw.timestampMs) / 1_000);
    metrics.lastProgress.set({ pipeline }, nowMs / 1_000);
    const durationSeconds = (clock.monotonicMs() - startedMs) / 1_000;
    events.emit({ topic, groupId: group, pipeline, outcomes, records, durationSeconds });
  }
}
