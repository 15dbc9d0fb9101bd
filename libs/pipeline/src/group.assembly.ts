import type { MillraceError } from 'millrace/errors';
import { GroupConsumer } from './lanes/group.consumer';
import type { LaneLimits } from './lanes/lane';
import { dueAtMsOf } from './failures/first-failure';
import { retryTiersOf } from './failures/retry-topics';
import type { GroupStatus, PartitionProgress } from './lanes/group.status';
import type { WantedPauses } from './lanes/paused-partitions';
import { startAtZero } from './pipeline.metrics';
import type { KafkaDriver } from './ports/driver';
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
    const { metrics, control, clock } = this.parts;
    return new StopTheLine({
      groupId,
      pipeline,
      options: this.subscriptions[0]?.options.stopTheLine ?? {},
      clock,
      onStopped: (causes) => {
        metrics.lineStops.inc({ pipeline });
        control.lineStopped(groupId, causes);
      },
      onChange: () => this.applyPauses(),
    });
  }

  private makeConsumer(): GroupConsumer {
    const { groupId, pipeline, subscriptions } = this;
    const { driver, settings, metrics, clock } = this.parts;
    const options = subscriptions[0]?.options;
    const handlers = new Map(this.readers.flatMap(({ handles }) => [...handles]));
    const topics = [...handlers.keys()];
    driver.watchLag(groupId, topics);
    for (const topic of topics) startAtZero(metrics, { pipeline, topic, group: groupId });
    metrics.maxInFlight.set({ pipeline }, settings.maxInFlightRecords);
    const startAt = options?.startAt ?? 'earliest';
    return new GroupConsumer({
      groupId,
      pipeline,
      consumer: driver.consumer({ groupId, topics, startAt }),
      handlers,
      limits: this.limits(options),
      limitsOf: (topic) => this.limitsOf(topic),
      commit: { intervalMs: settings.commitIntervalMs, everyRecords: settings.commitEveryRecords },
      revokeDrainMs: settings.revokeDrainMs,
      onOffsetLost: options?.onOffsetLost ?? 'stop',
      wantedPauses: this.wantedPauses(),
      onProgress: () => this.fatal.clear(),
      onCrashed: (error) => this.fatal.report(error),
      metrics,
      clock,
    });
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
    const { driver, settings, clock, metrics, gates, fail } = this.parts;
    return new ProgressWatchdog({
      groupId,
      group: this.consumer,
      isWorkPossible: () => driver.health().connected && gates.closed.length === 0,
      lag: () => driver.lagOf(groupId),
      lagOf: (partitions: readonly PartitionProgress[]) =>
        lagOfPartitions(driver.admin(), groupId, partitions),
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
