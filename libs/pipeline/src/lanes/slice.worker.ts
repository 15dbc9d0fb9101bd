import { recordContext } from 'millrace/logging';
import type { Failure } from '../failures/dead-letter.headers';
import type { KafkaRecord, TopicPartition } from '../ports/record';
import type { Handling } from '../handling/handling';
import type { PipelineEvents } from '../pipeline.events';
import type { PipelineMetrics } from '../pipeline.metrics';
import { labelOf } from '../pipeline.metrics';
import type { PipelineRecord } from '../records/pipeline-record';
import type { HandlingScope } from '../records/record-context';
import type { RecordReader, Unreadable } from '../records/record-reader';
import type { RetryTopicReader } from '../records/retry-topic.reader';
import type { OutcomeCounts } from '../records/tally';
import { Tally } from '../records/tally';
import type { OnItsWay } from './lane-work';
import type { FirstFailure } from '../failures/first-failure';
import type { Line } from '../failures/line';
import type { Settlement } from '../failures/settlement';
import type { Subscription } from '../subscription';
import type { Clock } from 'millrace/retry';
import { sleep } from 'millrace/retry';

export interface SliceWorkerParts {
  readonly subscription: Subscription;
  readonly read: RecordReader;
  readonly handling: Handling;
  readonly settlement: Settlement;
  readonly line?: Line;
  /** Reads a retry topic; without it the topic is a source. */
  readonly stage?: RetryTopicReader;
  /** Group of metrics, logs and events; default: the one of the subscription. */
  readonly countedAs?: string;
  readonly metrics: PipelineMetrics;
  readonly events: PipelineEvents;
  readonly clock: Clock;
}

/** A slice whose every record has a durable outcome. */
interface Finished {
  readonly outcomes: OutcomeCounts;
  readonly records: number;
  readonly startedMs: number;
}

/** Longest wait in one go for a record that is not due; unit ms. */
const LONGEST_WAIT_MS = 30_000;

/** Waits for all, also when one of them is given up. @throws the reason of the one that was. */
async function allOf(works: ReadonlyArray<Promise<void>>): Promise<void> {
  const ends = await Promise.allSettled(works);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/**
 * Brings every record of a slice to a durable outcome: read, handle, settle what failed.
 *
 * Promises: answers when every record has its outcome, with what is still on its way to be durable;
 * rejects only when the lane's signal fired.
 *
 * @see docs/architecture.md, "How a record is processed", steps 3-5
 */
export class SliceWorker {
  private readonly route: { pipeline: string; topic: string; group: string };

  constructor(private readonly parts: SliceWorkerParts) {
    const { pipeline, topic, options } = parts.subscription;
    this.route = { pipeline, topic, group: parts.countedAs ?? options.groupId };
  }

  async process(
    records: readonly KafkaRecord[],
    lane: TopicPartition & { readonly signal: AbortSignal },
  ): Promise<OnItsWay | null> {
    if (records.length === 0) return null;
    const { groupId } = this.parts.subscription.options;
    const scope: HandlingScope = { ...lane, groupId };
    const ends: Array<Promise<void>> = [];
    await recordContext.run({ ...this.route, partition: lane.partition }, async () => {
      for (const part of this.partsOf(records)) await this.work(part, scope, ends);
    });
    return ends.length === 0 ? null : { durable: allOf(ends) };
  }

  /** What lies before a range that a person is to look at is finished first. */
  private partsOf(records: readonly KafkaRecord[]): ReadonlyArray<readonly KafkaRecord[]> {
    if (this.parts.subscription.options.onUndecodable !== 'stop') return [records];
    const starts = records.flatMap(({ undecodable }, at) => (undecodable && at > 0 ? [at] : []));
    return [0, ...starts].map((from, index) => records.slice(from, starts[index]));
  }

  /** @param ends - takes what is not durable when it resolves. */
  private async work(
    records: readonly KafkaRecord[],
    scope: HandlingScope,
    ends: Array<Promise<void>>,
  ): Promise<void> {
    const { settlement, clock, line } = this.parts;
    const startedMs = clock.monotonicMs();
    const tally = new Tally();
    this.parts.metrics.consumed.inc(this.route, records.length);
    const { readable, unreadable } = this.readAll(records, scope, tally);
    await this.holdIfAsked(unreadable, scope);
    const buried = settlement.bury(unreadable, scope, tally);
    // A position that is stored with the data must not pass what is not durable.
    if (this.parts.subscription.options.offsets === 'transaction') await buried;
    // Side by side: what is good does not wait for the line of what is not.
    await allOf([
      buried,
      this.parts.stage === undefined
        ? this.settle(readable, scope, tally)
        : this.settleWhenDue(readable, scope, tally),
    ]);
    line?.finished(scope, tally.counts);
    this.observeAges(readable);
    const { durable } = tally;
    const finished = { outcomes: tally.counts, records: records.length, startedMs };
    if (durable === null) this.report(finished);
    // Keeps the counts, not the records: they would live until the garbage collector has moved them.
    else ends.push(durable.then(() => this.report(finished)));
  }

  private async settle(
    readable: readonly PipelineRecord[],
    scope: HandlingScope,
    tally: Tally,
  ): Promise<void> {
    const { settlement, handling } = this.parts;
    if (handling.unit === 'slice') {
      if (readable.length > 0) await settlement.settle(readable, scope, tally);
      return;
    }
    for (const record of readable) {
      recordContext.set({
        offset: record.raw.offset.toString(),
        event_id: record.eventId,
        attempt: (record.first?.attempts ?? 0) + 1,
      });
      await settlement.settleOne(record, scope, tally);
    }
  }

  /** In the order of the topic; those that are due together are handled together. */
  private async settleWhenDue(
    readable: readonly PipelineRecord[],
    scope: HandlingScope,
    tally: Tally,
  ): Promise<void> {
    const { clock } = this.parts;
    for (let at = 0; at < readable.length;) {
      const waitMs = (readable[at]?.first?.dueAtMs ?? 0) - clock.now();
      if (waitMs > 0) {
        // Not in one go: the clock of the machine may be set meanwhile.
        await sleep(clock, Math.min(waitMs, LONGEST_WAIT_MS), scope.signal);
        continue;
      }
      const rest = readable.slice(at);
      const nowMs = clock.now();
      const notDue = rest.findIndex(({ first }) => (first?.dueAtMs ?? 0) > nowMs);
      const due = notDue === -1 ? rest : rest.slice(0, notDue);
      await this.settle(due, scope, tally);
      at += due.length;
    }
  }

  private async holdIfAsked(unreadable: readonly Failure[], scope: HandlingScope): Promise<void> {
    if (this.parts.subscription.options.onUndecodable !== 'stop') return;
    const range = unreadable.find(({ reason }) => reason === 'undecodable');
    if (range !== undefined) await this.parts.line?.hold(range.error, scope);
  }

  private readAll(records: readonly KafkaRecord[], source: TopicPartition, tally: Tally) {
    const { stage, read } = this.parts;
    const readable: PipelineRecord[] = [];
    const unreadable: Failure[] = [];
    for (const record of records) {
      if (stage !== undefined) {
        const found = stage.read(record, source);
        if (found.kind === 'record') readable.push(found.record);
        else if (found.kind === 'foreign') tally.add('filtered');
        else unreadable.push(this.failureOf(found.unreadable, record, source, found.first));
        continue;
      }
      const found = read(record, source);
      if ('error' in found) unreadable.push(this.failureOf(found, record, source));
      else readable.push(found);
    }
    return { readable, unreadable };
  }

  private failureOf(
    unreadable: Unreadable,
    record: KafkaRecord,
    { topic, partition }: TopicPartition,
    first?: FirstFailure,
  ): Failure {
    const firstFailedAtMs = first?.failedAtMs ?? this.parts.clock.now();
    const attempts = first?.attempts ?? 0;
    const source = { topic, partition };
    return { ...unreadable, record, source, attempts, firstFailedAtMs, first };
  }

  private observeAges(readable: readonly PipelineRecord[]): void {
    const { metrics, clock } = this.parts;
    const nowMs = clock.now();
    const observeAge = metrics.eventAgeSeconds.observerOf({ pipeline: this.route.pipeline });
    for (const { raw } of readable) observeAge(Math.max(0, nowMs - raw.timestampMs) / 1_000);
  }

  private report({ outcomes, records, startedMs }: Finished): void {
    const { metrics, events, clock } = this.parts;
    const { pipeline, topic, group } = this.route;
    for (const [outcome, count] of Object.entries(outcomes)) {
      metrics.processed.inc({ ...this.route, outcome: labelOf(outcome) }, count);
    }
    metrics.lastProgress.set({ pipeline }, clock.now() / 1_000);
    const durationSeconds = (clock.monotonicMs() - startedMs) / 1_000;
    events.emit({ topic, groupId: group, pipeline, outcomes, records, durationSeconds });
  }
}
