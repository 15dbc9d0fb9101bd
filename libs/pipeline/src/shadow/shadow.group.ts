import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import type { GroupAssemblyParts, GroupBounds } from '../group.assembly';
import { SupervisedGroup } from '../group.assembly';
import { OffsetLostError } from '../pipeline.errors';
import type { ConsumerEvents, ConsumerPort } from '../ports/driver';
import type { TopicPartition } from '../ports/record';
import type { Subscription } from '../subscription';
import { LineStoppedError } from '../supervision/supervision.errors';
import { BoundedConsumer } from './bounded.consumer';
import type { Shadow, ShadowEnd, ShadowProgress, ShadowSpec } from './shadow';
import { addressedTo, shadowSubscription } from './shadow.reading';
import { forgetShadow } from './shadow.metrics';

/** How long a shadow that is done may take to leave its group; unit ms. */
const LEAVE_MS = 10_000;

/**
 * One more group of a process: it reads ranges of a topic again, with the handlers of a live group.
 *
 * Promises: the live group's membership, offsets and metrics are not touched; it ends by itself when
 * every range is committed; started again under its name it goes on where it was.
 */
export class ShadowGroup implements Shadow {
  readonly ended: Promise<ShadowEnd>;
  private readonly logger = new Logger('Shadow');
  private readonly group: SupervisedGroup;
  private readonly abort = new AbortController();
  private bounded: BoundedConsumer | null = null;
  /** Every partition that it ever held: metrics tell of them. */
  private readonly held = new Set<number>();
  private ranges: readonly ShadowProgress[] = [];
  private end: ShadowEnd | null = null;
  private leaving: Promise<void> | null = null;
  private tellEnd: (end: ShadowEnd) => void = () => undefined;

  constructor(
    private readonly spec: ShadowSpec,
    live: Subscription,
    private readonly parts: GroupAssemblyParts,
    ranges: readonly ShadowProgress[],
  ) {
    this.ranges = ranges;
    this.ended = new Promise((resolve) => (this.tellEnd = resolve));
    this.group = new SupervisedGroup(
      spec.shadowGroupId,
      [shadowSubscription(live, spec, parts.settings)],
      {
        ...parts,
        ...addressedTo(live, parts),
        bounds: this.bounds(),
        fail: (error) => this.finish({ state: 'failed', error }),
      },
    );
  }

  get groupId(): string {
    return this.spec.shadowGroupId;
  }

  get supervised(): SupervisedGroup {
    return this.group;
  }

  progress(): readonly ShadowProgress[] {
    return this.bounded?.progress ?? this.ranges;
  }

  /** Joins; resolves after the first join, or at once when there is nothing to read. */
  async start(): Promise<void> {
    if (this.isRead) {
      this.finish({ state: 'done' });
      return;
    }
    try {
      await this.group.start(this.abort.signal);
    } catch (error) {
      await this.stop({ deadlineMs: LEAVE_MS });
      throw error;
    }
  }

  async stop({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.finish({ state: 'stopped' }, deadlineMs);
    await this.leaving;
  }

  private get isRead(): boolean {
    return this.progress().every(({ next, to }) => next >= to);
  }

  private bounds(): GroupBounds {
    return {
      countedAs: `${this.spec.groupId}.replay`,
      bind: (consumer) => this.bind(consumer),
      lagOf: (partitions) => this.lagOf(partitions),
      lineStopped: () => this.finish({ state: 'failed', error: this.lineStopped() }),
    };
  }

  private bind(consumer: ConsumerPort): ConsumerPort {
    consumer.on('offsetLost', (loss) => this.onOffsetLost(loss));
    consumer.on('joined', ({ partitions }) => {
      for (const { partition } of partitions) this.held.add(partition);
      void this.learn();
    });
    this.bounded = new BoundedConsumer(consumer, this.ranges, () => {
      if (this.isRead) this.finish({ state: 'done' });
    });
    return this.bounded;
  }

  /** A process that had this shadow before may have ended a partition after this one looked. */
  private async learn(): Promise<void> {
    const { groupId, spec, bounded } = this;
    try {
      bounded?.learn(await this.parts.driver.admin().committed(groupId, spec.topic));
    } catch {
      // At the next join, or by the own commits.
    }
  }

  private lagOf(partitions?: readonly TopicPartition[]): number {
    const wanted = partitions && new Set(partitions.map(({ partition }) => partition));
    let left = 0n;
    for (const { partition, next, to } of this.progress()) {
      if (wanted?.has(partition) !== false) left += to - next;
    }
    return Number(left);
  }

  /** A gap that retention made is passed over; a log that ends before the range is another one. */
  private onOffsetLost({ topic, partition, committed, end }: ConsumerEvents['offsetLost']): void {
    if (committed <= end) return;
    const where = `${topic}/${partition}`;
    const message = `group "${this.groupId}" is at ${committed} of ${where}, which ends at ${end}: the topic was created again`;
    this.finish({ state: 'failed', error: new OffsetLostError({ message, where }) });
  }

  private lineStopped(): MillraceError {
    const { groupId } = this.spec;
    return new LineStoppedError({
      message: `a replay for group "${groupId}" would have written too many dead letters`,
      where: this.groupId,
    });
  }

  private finish(end: ShadowEnd, deadlineMs = LEAVE_MS): void {
    if (this.end !== null) return;
    this.end = end;
    this.abort.abort(new Error(end.state));
    this.leaving = this.leave(end, deadlineMs);
  }

  private async leave(end: ShadowEnd, deadlineMs: number): Promise<void> {
    try {
      await this.group.drain(deadlineMs);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      this.logger.warn({ event: 'pipeline.shadow', error: what }, `${this.groupId}: ${what}`);
    }
    forgetShadow(this.parts.metrics, this.group, this.spec, this.held);
    // Records that were in hand may have ended it meanwhile.
    const last: ShadowEnd = end.state === 'stopped' && this.isRead ? { state: 'done' } : end;
    this.logger.log(
      { event: 'pipeline.shadow', group: this.groupId, state: last.state },
      `shadow group ${this.groupId} has ended: ${last.state}`,
    );
    this.tellEnd(last);
  }
}
