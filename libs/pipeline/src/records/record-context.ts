import type { KafkaRecord, TopicPartition } from '../ports/record';
import type { PipelineRecord } from './pipeline-record';

/** Where a handler works: the same for every record of a slice. */
export interface HandlingScope extends TopicPartition {
  readonly groupId: string;
  /** Fires when the partition moved or the drain budget is over: stop, the record comes again. */
  readonly signal: AbortSignal;
}

/**
 * Tells a handler about the record it got.
 *
 * Nest passes it as the RPC context, so `@Ctx()`, guards and interceptors see it too. The getters
 * with `get` in their name answer as Nest's `KafkaContext` does, for controllers written for it.
 */
export class RecordContext {
  constructor(
    private readonly scope: HandlingScope,
    /** The record as Kafka stored it; copy what is kept longer than the call. */
    readonly record: KafkaRecord,
    readonly eventId: string,
    /** 1 = first try. */
    readonly attempt: number,
  ) {}

  get topic(): string {
    return this.scope.topic;
  }

  get partition(): number {
    return this.scope.partition;
  }

  get groupId(): string {
    return this.scope.groupId;
  }

  get offset(): bigint {
    return this.record.offset;
  }

  get key(): string | null {
    return this.record.key?.toString('utf8') ?? null;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  getTopic(): string {
    return this.scope.topic;
  }

  getPartition(): number {
    return this.scope.partition;
  }

  getMessage(): {
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly offset: string;
    readonly timestamp: string;
    readonly headers: Readonly<Record<string, Buffer | null>>;
  } {
    const { key, value, offset, timestampMs, headers } = this.record;
    return {
      key,
      value,
      offset: offset.toString(),
      timestamp: String(timestampMs),
      headers: Object.fromEntries(headers),
    };
  }
}

/** What a batch handler gets: records of one partition, in order, at least one. */
export interface EventBatch<Event> extends HandlingScope {
  readonly records: ReadonlyArray<PipelineRecord<Event>>;
  /** 1 = first try of the oldest record in the batch. */
  readonly attempt: number;
}
