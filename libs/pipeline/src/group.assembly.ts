import type { MillraceError } from 'millrace/errors';
import { GroupConsumer } from './lanes/group.consumer';
import type { LaneLimits } from './lanes/lane';
import { dueAtMsOf } from './failures/first-failure';
import { retryTiersOf } from './failures/retry-topics';
import type { GroupStatus, PartitionProgress } from './lanes/group.status';
import type { WantedPauses } from './lanes/paused-partitions';
import { StoredPositionConsumer } from './offsets/stored-position.consumer';
import { startAtZero } from './pipeline.metrics';
import type { ConsumerPort, KafkaDriver } from './ports/driver';
import type { TopicPartition } from './ports/record';
import { assembleReader } from './reader.assembly';
import type { Reader, ReaderAssemblyParts } from './reader.assembly';
import type { Subscription } from './subscription';
import type { Control } from './supervision/control';
import { FatalWatch } from './supervision/fatal.watch';
import { lagOfPartitions } from './supervision/partition-lag';
import { ProgressWatchdog } from './supervision/progress.watchdog';
import { StopTheLine } from './supervision/stop-the-line';

export interface GroupAssemblyParts extends ReaderAssemblyParts {
  readonly driver: KafkaDriver;
  readonly control: Control;
  /** Ends the process: nothing else helps. */
  readonly fail: (error: MillraceError) => void;
  /** Only of a shadow group. */
  readonly bounds?: GroupBounds;
}

/** How a group that reads a part of its topics differs: no retry topics, no lag of the whole log. */
export interface GroupBounds {
  /** Group of metrics, logs and events: one for all shadow groups of a live group. */
  readonly countedAs: string;
  bind(consumer: ConsumerPort): ConsumerPort;
  /** Records that are left; unit records. */
  lagOf(partitions?: readonly TopicPartition[]): number;
  /** In place of a stop that an operator takes back. */
  lineStopped(): void;
}

/** Fetched bytes that a lane of a retry topic may hold; unit bytes. */
const RETRY_LANE_BYTES = 1_048_576;

/**
 * One consumer group with everything that looks after it: its line, fatal errors, its progress.
 */
export class SupervisedGroup {
  readonly line: StopTheLine;
  private readonly consumer: GroupConsumer;
  private readonly fatal: FatalWatch;
  private readonly watchdog: ProgressWatchdog;
  private readonly readers: readonly Reader[];

  constructor(
    readonly groupId: string,
    private readonly subscriptions: readonly Subscription[],
    private readonly parts: GroupAssemblyParts,
  ) {
    const { settings, clock, fail } = parts;
    this.line = this.makeLine();
    this.fatal = new FatalWatch({
      groupId,
      exitMs: settings.fatalExitMs,
      clock,
      isLasting: (error) => this.isLasting(error),
      fail,
    });
    const surroundings = {
      line: this.line,
      onFatal: (error: MillraceError) => this.fatal.report(error),
      countedAs: parts.bounds?.countedAs,
    };
    this.readers = subscriptions.map((reader) => assembleReader(reader, parts, surroundings));
    this.consumer = this.makeConsumer();
    this.watchdog = this.makeWatchdog();
  }

  get pipeline(): string {
    return this.subscriptions[0]?.pipeline ?? this.groupId;
  }

  get status(): GroupStatus & {
    readonly lineStopped: boolean;
    readonly heldPartitions: number;
    readonly fatalCode: string | null;
  } {
    return {
      ...this.consumer.status,
      lineStopped: this.line.isStopped,
      heldPartitions: this.line.held.length,
      fatalCode: this.fatal.error?.code ?? null,
    };
  }

  get isSettled(): boolean {
    return this.consumer.isSettled;
  }

  /** Partitions that this process holds. */
  get progress(): readonly PartitionProgress[] {
    return this.consumer.progress;
  }

  /** Resolves after the first join. */
  async start(signal: AbortSignal): Promise<void> {
    this.watchdog.start();
    await this.consumer.start(signal);
  }

  async drain(deadlineMs: number): Promise<void> {
    this.watchdog.stop();
    this.fatal.clear();
    await this.consumer.drain(deadlineMs);
    for (const reader of this.readers) reader.dispose();
  }

  applyPauses(): void {
    this.consumer.applyPauses();
  }

  private makeLine(): StopTheLine {
    const { groupId, pipeline } = this;
    const { metrics, control, clock, bounds } = this.parts;
    return new StopTheLine({
      groupId,
      pipeline,
      options: this.subscriptions[0]?.options.stopTheLine ?? {},
      clock,
      onStopped: (causes) => {
        metrics.lineStops.inc({ pipeline });
        if (bounds === undefined) control.lineStopped(groupId, causes);
        else bounds.lineStopped();
      },
      onChange: () => this.applyPauses(),
    });
  }

  private makeConsumer(): GroupConsumer {
    const { groupId, pipeline, subscriptions } = this;
    const { settings, metrics, clock, bounds } = this.parts;
    const options = subscriptions[0]?.options;
    const handlers = this.handlers();
    const topics = [...handlers.keys()];
    const group = bounds?.countedAs ?? groupId;
    for (const topic of topics) startAtZero(metrics, { pipeline, topic, group });
    metrics.maxInFlight.set({ pipeline }, settings.maxInFlightRecords);
    return new GroupConsumer({
      groupId,
      pipeline,
      consumer: this.openConsumer(topics, options?.startAt ?? 'earliest'),
      handlers,
      limits: this.limits(options),
      limitsOf: (topic) => this.limitsOf(topic),
      commit: { intervalMs: settings.commitIntervalMs, everyRecords: settings.commitEveryRecords },
      revokeDrainMs: settings.revokeDrainMs,
      onOffsetLost: bounds === undefined ? (options?.onOffsetLost ?? 'stop') : 'continue-earliest',
      wantedPauses: this.wantedPauses(),
      onProgress: () => this.fatal.clear(),
      onCrashed: (error) => this.fatal.report(error),
      metrics,
      clock,
    });
  }

  private handlers() {
    const handlers = new Map(this.readers.flatMap(({ handles }) => [...handles]));
    if (this.parts.bounds === undefined) return handlers;
    // What failed is tried again by the live group, which reads the retry topics.
    return new Map(
      this.subscriptions.flatMap(({ topic }) => {
        const handle = handlers.get(topic);
        return handle === undefined ? [] : [[topic, handle] as const];
      }),
    );
  }

  private openConsumer(topics: readonly string[], startAt: 'earliest' | 'latest'): ConsumerPort {
    const { groupId } = this;
    const { driver, bounds } = this.parts;
    if (bounds === undefined) driver.watchLag(groupId, topics);
    const sources = new Set(this.subscriptions.map(({ topic }) => topic));
    // What lies in a retry topic was read before, or was sent there by a person: it is never skipped.
    const wholeTopics = topics.filter((topic) => !sources.has(topic));
    const consumer = driver.consumer({ groupId, topics, startAt, wholeTopics });
    return bounds?.bind(consumer) ?? this.withStoredPositions(consumer);
  }

  /** Retry topics keep their commits: what comes from them is written without a position. */
  private withStoredPositions(consumer: ConsumerPort): ConsumerPort {
    const { registry, clock, random } = this.parts;
    const store = registry.offsetStore;
    const stored = this.subscriptions.filter(({ options }) => options.offsets === 'transaction');
    if (store === undefined || stored.length === 0) return consumer;
    const topics = new Set(stored.map(({ topic }) => topic));
    const { groupId } = this;
    return new StoredPositionConsumer({ consumer, store, groupId, topics, clock, random });
  }

  private limitsOf(topic: string): LaneLimits | undefined {
    for (const { topic: source, options } of this.subscriptions) {
      if (source === topic) return this.limits(options);
      const tier = retryTiersOf(source, options).find((retry) => retry.topic === topic);
      // A lane that waits for a due time keeps what it has fetched: it gets less room.
      if (tier !== undefined) {
        return {
          ...this.limits(options),
          perKey: false,
          maxInFlightBytes: Math.min(this.parts.settings.maxInFlightBytes, RETRY_LANE_BYTES),
          dueAtMs: (record) => dueAtMsOf(record, options.groupId),
        };
      }
    }
    return undefined;
  }

  private limits(options: Subscription['options'] | undefined): LaneLimits {
    const { settings } = this.parts;
    const { window, concurrencyPerPartition = 1 } = options ?? {};
    return {
      ...settings,
      sliceRecords: window?.maxRecords ?? settings.sliceRecords,
      ...(window?.maxBytes === undefined ? {} : { sliceBytes: window.maxBytes }),
      maxWaitMs: window?.maxWaitMs ?? 0,
      perKey: concurrencyPerPartition > 1,
    };
  }

  private wantedPauses(): WantedPauses {
    const { control } = this.parts;
    return {
      operator: (target) => control.isPaused(this.groupId, target),
      stop_the_line: () => this.line.isStopped,
      undecodable: (target) =>
        this.line.held.some(
          ({ topic, partition }) => topic === target.topic && partition === target.partition,
        ),
    };
  }

  private makeWatchdog(): ProgressWatchdog {
    const { groupId } = this;
    const { driver, settings, clock, metrics, gates, fail, bounds } = this.parts;
    return new ProgressWatchdog({
      groupId,
      group: this.consumer,
      isWorkPossible: () => driver.health().connected && gates.closed.length === 0,
      lag: () => bounds?.lagOf() ?? driver.lagOf(groupId),
      lagOf: async (partitions: readonly PartitionProgress[]) =>
        bounds?.lagOf(partitions) ?? lagOfPartitions(driver.admin(), groupId, partitions),
      overdueCallMs: () => this.overdueCallMs(),
      stallMs: settings.stallMs,
      giveUpMs: settings.giveUpMs,
      clock,
      onRebuild: () => metrics.rebuilds.inc({ group: groupId }),
      fail,
    });
  }

  /** How long the oldest call of a sink has gone on beyond the deadline that it was given. */
  private overdueCallMs(): number | null {
    const ages = this.readers.map((reader) => reader.oldestCallMs() ?? 0);
    return Math.max(0, ...ages) - this.parts.settings.sinkDeadlineMs;
  }

  private isLasting(error: MillraceError): boolean {
    const isGateClosed = this.parts.gates.closed.some(({ code }) => code === error.code);
    return isGateClosed || this.consumer.status.state === 'crashed';
  }
}
