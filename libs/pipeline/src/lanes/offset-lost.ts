import { Logger } from '@nestjs/common';
import type { ConsumerEvents } from '../ports/driver';
import type { Offset, TopicPartition } from '../ports/record';
import { OffsetLostError } from '../pipeline.errors';
import type { PipelineMetrics } from '../pipeline.metrics';
import type { ReadOptions } from '../subscription';

export type OffsetLostPolicy = NonNullable<ReadOptions['onOffsetLost']>;

export interface OffsetLostParts {
  readonly groupId: string;
  readonly pipeline: string;
  readonly policy: OffsetLostPolicy;
  readonly metrics: Pick<PipelineMetrics, 'gaps'>;
}

/** What to do about a lost position: wait for a person, or read on from an offset. */
export type OffsetLostReaction =
  { readonly kind: 'stop' } | { readonly kind: 'continue'; readonly from: Offset };

/**
 * Decides about positions that the log no longer has, and counts the gap.
 *
 * Promises: the gap counter rises by the exact number of records that are not read, once per loss
 * and process; a position beyond the end always waits for a person, because the topic is another one.
 */
export class OffsetLost {
  private readonly logger = new Logger('Consumer');
  /** By partition: up to where the gap is counted, so that a second report adds only what is new. */
  private readonly counted = new Map<string, Offset>();

  constructor(private readonly parts: OffsetLostParts) {}

  react(loss: ConsumerEvents['offsetLost']): OffsetLostReaction {
    const { policy } = this.parts;
    const { committed, earliest, end } = loss;
    const isBeyondEnd = committed > end;
    const from = policy === 'continue-latest' ? end : earliest;
    if (!isBeyondEnd) this.count(loss, committed, policy === 'stop' ? earliest : from);
    if (isBeyondEnd || policy === 'stop') {
      this.report(loss, 'it waits for a person');
      return { kind: 'stop' };
    }
    this.report(loss, `it goes on from ${from} (${policy})`);
    return { kind: 'continue', from };
  }

  private count({ topic, partition }: TopicPartition, from: Offset, to: Offset): void {
    const key = `${topic}/${partition}`;
    const known = this.counted.get(key) ?? from;
    const start = known > from ? known : from;
    if (to <= start) return;
    this.counted.set(key, to);
    this.parts.metrics.gaps.inc({ pipeline: this.parts.pipeline, topic }, Number(to - start));
  }

  private report(loss: ConsumerEvents['offsetLost'], consequence: string): void {
    const { groupId } = this.parts;
    const { topic, partition, committed, earliest, end } = loss;
    const gap = earliest > committed ? earliest - committed : 0n;
    const error = new OffsetLostError({
      message: `group "${groupId}" is committed at ${committed} of ${topic}/${partition}, the log holds ${earliest} to ${end}: ${gap} records are gone; ${consequence}`,
      where: `${topic}/${partition}`,
    });
    this.logger.error(
      { event: 'kafka.offset_lost', error_code: error.code, group: groupId, topic, partition },
      error.message,
    );
  }
}
