import type { AdminPort, Offset, TopicPartition } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { EndHistory } from './lag.history';

/** Lag of one partition, as the brokers told it last. */
export interface PartitionLag extends TopicPartition {
  /** Records between the committed offset and the end; unit records. */
  readonly records: number;
  /** Age of the oldest record that is not committed, at the resolution of the poll; unit ms. */
  readonly ageMs: number;
}

/** Lag of a whole group, of all its members. */
export interface GroupLag {
  readonly records: number;
  readonly partitions: readonly PartitionLag[];
  /** When it was read; unit ms, monotonic. */
  readonly readAtMs: number;
}

const FIRST_READING_MS = 1_000;

export interface LagPollerOptions {
  readonly admin: Pick<AdminPort, 'committed' | 'offsets'>;
  readonly clock: Clock;
  /** Unit ms. */
  readonly intervalMs: number;
  readonly onLag?: (groupId: string, lag: GroupLag) => void;
  readonly onFailed?: (groupId: string, error: unknown) => void;
}

/**
 * Reads the lag of groups from the brokers' offsets, at an interval.
 *
 * Goes on while a consumer is idle, paused or dead: lag that is only seen by a consumer that works
 * is not there when it matters. The last reading is kept when the brokers do not answer.
 */
export class LagPoller {
  private readonly watched = new Map<string, Set<string>>();
  private readonly lags = new Map<string, GroupLag>();
  private readonly history = new EndHistory();
  private cancel: (() => void) | null = null;
  private reading: Promise<void> | null = null;

  constructor(private readonly options: LagPollerOptions) {}

  /** Adds a group; the first one starts the poll. */
  watch(groupId: string, topics: readonly string[]): void {
    const known = this.watched.get(groupId) ?? new Set();
    for (const topic of topics) known.add(topic);
    this.watched.set(groupId, known);
    // The first reading soon: a service that has just started is looked at.
    if (this.cancel === null) this.arm(Math.min(FIRST_READING_MS, this.options.intervalMs));
  }

  /** The last reading; undefined before the first. */
  lagOf(groupId: string): GroupLag | undefined {
    return this.lags.get(groupId);
  }

  /** Reads now; a reading under way is shared. Never rejects. */
  read(): Promise<void> {
    this.reading ??= this.readAll().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  /** Stops the poll; the last reading stays. */
  stop(): void {
    this.cancel?.();
    this.cancel = () => undefined;
  }

  private arm(delayMs: number): void {
    this.cancel = this.options.clock.setTimer(() => {
      void this.read().then(() => {
        // A stop that came meanwhile has put its own cancel in place.
        if (this.cancel === armed) this.arm(this.options.intervalMs);
      });
    }, delayMs);
    const armed = this.cancel;
  }

  private async readAll(): Promise<void> {
    // Several groups read one topic: its end is asked for once per poll.
    const ends = new Map<string, ReturnType<AdminPort['offsets']>>();
    const endsOf = (topic: string): ReturnType<AdminPort['offsets']> => {
      const asked = ends.get(topic) ?? this.options.admin.offsets(topic);
      ends.set(topic, asked);
      return asked;
    };
    for (const [groupId, topics] of this.watched) {
      try {
        await this.readGroup(groupId, topics, endsOf);
      } catch (error) {
        this.options.onFailed?.(groupId, error);
      }
    }
  }

  private async readGroup(
    groupId: string,
    topics: ReadonlySet<string>,
    endsOf: (topic: string) => ReturnType<AdminPort['offsets']>,
  ): Promise<void> {
    const readAtMs = this.options.clock.monotonicMs();
    const partitions: PartitionLag[] = [];
    for (const topic of topics) {
      // Committed first: an end that is read later is never below it.
      const committed = await this.options.admin.committed(groupId, topic);
      for (const [partition, log] of await endsOf(topic)) {
        const target = { topic, partition };
        this.history.add(target, log.end, readAtMs);
        const from = committed.get(partition) ?? log.earliest;
        partitions.push({ ...target, ...this.lagFrom(target, from, log.end, readAtMs) });
      }
    }
    const records = partitions.reduce((sum, lag) => sum + lag.records, 0);
    const lag: GroupLag = { records, partitions, readAtMs };
    this.lags.set(groupId, lag);
    this.options.onLag?.(groupId, lag);
  }

  private lagFrom(
    target: TopicPartition,
    from: Offset,
    end: Offset,
    readAtMs: number,
  ): Pick<PartitionLag, 'ageMs' | 'records'> {
    const records = end > from ? Number(end - from) : 0;
    const ageMs = records === 0 ? 0 : this.history.ageOf(target, from, readAtMs);
    return { records, ageMs };
  }
}
